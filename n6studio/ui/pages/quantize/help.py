"""Help for the quantize page."""

from n6studio.domain.pages import PageHelp

HELP = PageHelp(
    purpose=(
        "Quantization turns the float model into one that computes with 8-bit whole numbers, which the NPU of the "
        "STM32N6 needs. It is four times smaller and much faster, and a little less exact. Right after it the guard "
        "looks at calibration images whether int8 still finds the people that float finds."
    ),
    steps=(
        "Leave the preset at Recommended unless you have a reason: it keeps the last arithmetic in float and chooses "
        "the ranges that lose least. As ST's script is what ST's own script makes, byte for byte.",
        "Press Quantize. It exports first if that is needed, and shows images/s, time left and memory.",
        "Read the result: size, operations left in float, scales, and the guard's verdict.",
        "Compare with an earlier run: the settings that differ and what came of them.",
        "Ask for the layers if a result disappoints: the bars show how much each layer alone, and all of them "
        "together, blur the model's values.",
        "Go on to evaluate. The guard is a quick look, not a measurement.",
    ),
    mistakes=(
        ("The quantized model no longer finds people",
         "Boxes, scores and keypoints share one int8 scale at the end, and the small scores vanish in it. The button "
         "keeps the head in float and runs again."),
        ("A layer is below 10 dB", "What int8 adds is a third of its values' size. Early layers matter most: they "
         "spoil everything behind them."),
        ("There is not enough memory", "Take fewer images or a smaller input size."),
    ),
    terms=(
        ("int8", "Whole numbers from -128 to 127. A real value is scale × (number - zero point)."),
        ("Per channel, per tensor", "One scale for each output channel of a convolution, or one for all of it. The "
         "first is more exact and costs nothing on the NPU."),
        ("Head", "The last operations, which make boxes and keypoints of the convolutions' outputs. In float they run "
         "on the processor core instead of the NPU."),
        ("SNR", "Signal-to-noise ratio in decibels: how large a layer's values are beside what int8 adds to them. "
         "20 dB is a tenth, 40 dB a hundredth."),
        ("Guard", "Runs float and int8 on some calibration images and counts who is found again."),
        ("user_config.yaml", "The file that ST's quantization script and model zoo take. It can be read and written "
         "here."),
    ),
    keys=(
        ("R", "quantize, as the button does"),
        ("[, ]", "earlier and later run"),
        ("C", "choose the run to compare with"),
    ),
)  # fmt: skip
