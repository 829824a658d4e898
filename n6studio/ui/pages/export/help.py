"""Help for the export page."""

from n6studio.domain.pages import PageHelp

HELP = PageHelp(
    purpose=(
        "Export turns the checkpoint into a model of a fixed input size that needs neither PyTorch nor Ultralytics: "
        "ONNX, SavedModel and float TFLite. Coordinates are normalised to 0..1, as int8 needs. Then the same "
        "images go through checkpoint and export, and both must find the same people; otherwise nothing is kept."
    ),
    steps=(
        "Choose the input size if you have not done so on the import page.",
        "Press Export. Each step shows its duration; expect half a minute to a few minutes in total.",
        "Look at the self-check: how many people were compared, and the largest difference.",
        "Continue to calibration. To see ONNX or TFLite in another tool, open the folder with the outputs.",
    ),
    mistakes=(
        ("The self-check fails",
         "The conversion of this model failed, not your images. Try the training size. If it still fails, send us "
         "the report from the error card."),
        ("There is not enough memory", "Close other programs, or choose a smaller size: memory grows with its square."),
        ("The export is out of date",
         "The size, the checkpoint or a tool version has changed since. Export again; the earlier results stay in "
         "the project folder."),
    ),
    terms=(
        ("ONNX", "A model format that many tools read. Open it in Netron to see its layers."),
        ("SavedModel", "TensorFlow's folder format. Quantization starts from it."),
        ("TFLite", "The model format for small devices, which ST's tools read. The float model is the reference for "
         "int8."),
        ("OKS", "Object keypoint similarity: 1 when all keypoints lie exactly where they should, 0 when they are far "
         "off, measured in sigmas and the size of the person."),
    ),
)  # fmt: skip
