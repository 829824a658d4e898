"""Help for the export page."""

from n6studio.domain.pages import PageHelp

HELP = PageHelp(
    purpose=(
        "Export turns the checkpoint into a model of a fixed input size that needs neither PyTorch nor Ultralytics: "
        "ONNX, SavedModel and float TFLite. Coordinates come out between 0 and 1, as int8 needs them. Then the same "
        "images go through checkpoint and export, and both must find the same people; if they do not, nothing is "
        "kept."
    ),
    steps=(
        "Choose the input size if you have not done so on the import page.",
        "Press Export. Each step shows how long it took; half a minute to some minutes in all.",
        "Look at the self-check: on how many people it was made, and how far the two are apart at most.",
        "Go on to calibration. To see ONNX or TFLite in another tool, open the folder with the outputs.",
    ),
    mistakes=(
        ("The self-check fails",
         "The conversion of this model is at fault, not your images. Try the size it was trained at. If it stays "
         "so, send us the report from the error card."),
        ("There is not enough memory", "Close other programs, or choose a smaller size: memory grows with its square."),
        ("It says out of date", "Size, checkpoint or a version of the tools changed since. Export again; the earlier "
         "results stay in the project folder."),
    ),
    terms=(
        ("ONNX", "A model as a file that many tools read. Open it in Netron to look at its layers."),
        ("SavedModel", "TensorFlow's folder format. Quantization starts from it."),
        ("TFLite", "The format of models on small devices; ST's tools take it. The float one is what int8 is "
         "compared with."),
        ("OKS", "Object keypoint similarity: 1 when all keypoints lie exactly where they should, 0 when they are far "
         "off, measured in sigmas and the size of the person."),
    ),
)  # fmt: skip
