"""Help for the road page."""

from n6studio.domain.pages import PageHelp

HELP = PageHelp(
    purpose=(
        "Takes the checkpoint to a board in one go: inspection, export, quantization, evaluation, deployment. It is "
        "the same as n6studio run PROJECT --board BOARD."
    ),
    steps=(
        "Choose calibration images and a board. Labelled data makes the evaluation give an AP.",
        "Press Take it to the board. Each step shows its progress and then its result.",
        "Where it stops, answer the question and press Go on. Finished steps are not run again.",
        "Open shows a step's own page with everything that it found.",
    ),
    mistakes=(
        ("It stops before the board is written",
         "What cannot be undone on a real board is confirmed on the Deploy page."),
        ("The quantized model detects nobody",
         "Keep the head in float: the button does it and goes on."),
    ),
    terms=(("Question", "Something that only a person can answer. Everything else goes on by itself."),),
)  # fmt: skip
