"""Help for the explore page."""

from n6studio.domain.pages import PageHelp

HELP = PageHelp(
    purpose="Models, input sizes and ways to quantize in one chart: what each costs in AP, time and memory.",
    steps=(
        "Start a batch: models, input sizes and schemes, every combination of them evaluated on the same images. It "
        "runs on this computer, several candidates at once, or on a Dask cluster that you name; what is finished is "
        "kept when it is stopped.",
        "Or open the explore.json of an earlier batch, or of the command n6studio explore.",
        "The line in the chart joins the candidates that none beats. Click a point to open, compare or deploy it.",
        "Two candidates selected in the table are compared: operations, numbers, layers, and the people found.",
    ),
    terms=(
        ("Pareto front", "Candidates for which no other is as fast and better, or as good and faster."),
        ("KiB", "RAM of the activations: published by ST, ~ between two of its figures, or > at least, by the file."),
        ("untrained", "Named in place of a checkpoint, such as yolov8s-pose, and built with random weights: time, "
         "memory and operations are those of a trained one, AP is unknown."),
        ("ms", "Likely time of an inference on the board, estimated from the file."),
    ),
)  # fmt: skip
