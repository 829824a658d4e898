"""Help for the explore page."""

from n6studio.domain.pages import PageHelp

HELP = PageHelp(
    purpose="Models, input sizes and ways to quantize in one chart: what each costs in AP, time and memory.",
    steps=(
        "Make a table with the command n6studio explore; it runs on this computer, several candidates at once.",
        "Open its explore.json here. The line in the chart joins the candidates that none beats.",
        "Select a candidate in the table and open it as a project: Deploy takes it to the board.",
        "Select two and compare them: operations, numbers, layers, and the people found.",
    ),
    terms=(
        ("Pareto front", "Candidates for which no other is as fast and better, or as good and faster."),
        ("KiB", "RAM of the activations: published by ST, ~ between two of its figures, or > at least, by the file."),
        ("ms", "Likely time of an inference on the board, estimated from the file."),
    ),
)  # fmt: skip
