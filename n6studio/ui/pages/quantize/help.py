"""Help for the quantize page."""

from n6studio.domain.pages import PageHelp

HELP = PageHelp(
    purpose=(
        "Quantization turns the float model into one that computes with 8-bit integers, which the NPU of the "
        "STM32N6 needs. It is four times smaller and much faster, and slightly less accurate. Afterwards the guard "
        "checks on calibration images that int8 still finds the people that float finds."
    ),
    steps=(
        "Leave the preset at Recommended unless you have a reason: it keeps the head in float and chooses "
        "the ranges with the smallest loss in boxes and keypoints. As ST's script gives the same file as ST's own "
        "script, byte for byte.",
        "Press Quantize. It exports first if needed, and shows images/s, time left and memory.",
        "Read the result: size, operations left in float, scales, and the guard's verdict.",
        "Compare with an earlier run: the settings that differ and the results.",
        "If a result disappoints, compare the layers: the bars show how much error each layer alone, and all of them "
        "together, adds to the model's values.",
        "Continue to evaluate. The guard is a quick check, not a measurement.",
    ),
    mistakes=(
        ("The quantized model no longer finds people",
         "Boxes, confidences and keypoints share one int8 scale at the output, and the small confidences vanish in "
         "it. The button keeps the head in float and runs again."),
        ("A layer is below 10 dB", "The error of int8 is about a third of its values. Early layers matter most: their "
         "error reaches everything after them."),
        ("There is not enough memory", "Use fewer images or a smaller input size."),
    ),
    terms=(
        ("int8", "Integers from -128 to 127. A real value is scale × (number - zero point)."),
        ("Per channel, per tensor", "One scale for each output channel of a convolution, or one for all of it. Per "
         "channel is more accurate and costs nothing on the NPU."),
        ("Head", "The last operations, which turn the convolutions' outputs into boxes and keypoints. In float they "
         "run on the CPU core instead of the NPU; split, they are left to N6 Studio's post-processing on the board, "
         "which computes them for people only."),
        ("Trained ranges", "A checkpoint trained with Ultralytics' quantize=8 (quantization-aware training) contains "
         "the int8 range of each convolution. The int8 model gets exactly these weights and ranges; only ranges that "
         "training has none of are chosen here."),
        ("Doubled convolutions", "Convolutions that are computed twice, differently rounded: the mean of both has half "
         "the step of int8. They are chosen by what their rounding costs in the answers, within a budget of "
         "multiply-accumulates. The model gets slower by about that, and more accurate."),
        ("Weights of 4 bits", "An experiment for ST Edge AI Core 3.0 and later: the weights of all convolutions but "
         "the first and the last of each branch take 15 values instead of 255. The file shrinks by nearly half, and "
         "the result says what it costs."),
        ("SNR", "Signal-to-noise ratio in decibels: a layer's values relative to the error of int8. At 20 dB the "
         "error is a tenth of the values, at 40 dB a hundredth."),
        ("Guard", "Runs float and int8 on some calibration images and compares the people found."),
        ("user_config.yaml", "The file that ST's quantization script and model zoo use. It can be imported and "
         "exported here."),
    ),
    keys=(
        ("R", "quantize (same as the button)"),
        ("[, ]", "previous and next run"),
        ("C", "choose the run to compare with"),
    ),
)  # fmt: skip
