"""File name endings that several rooms must agree on."""

# What a project starts from: a model that is ready, a float one that is still to be quantized, or a checkpoint.
READY_ENDINGS = (".tflite",)
KERAS_ENDINGS = (".keras", ".h5")
FLOAT_ENDINGS = (".onnx", *KERAS_ENDINGS)
CHECKPOINT_ENDINGS = (".pt", ".pth")
MODEL_ENDINGS = (*CHECKPOINT_ENDINGS, *READY_ENDINGS, *FLOAT_ENDINGS)

# Images that calibration, evaluation and the digests of folders count; everything else in a folder may change freely.
# (.jfif is a JPEG by another name, .mpo one or several of them behind each other, of which the first counts.)
IMAGE_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff", ".webp", ".jfif", ".mpo"})

# Of these, what Ultralytics looks for in the folders of a data set; it passes over the others without a word.
ULTRALYTICS_SUFFIXES = IMAGE_SUFFIXES - {".jfif"}

# What Ultralytics reads besides (ultralytics/data/utils.py, IMG_FORMATS of 8.4), and nobody else here.
ULTRALYTICS_ALONE = frozenset({".avif", ".dng", ".heic", ".heif", ".jp2"})

# What Ultralytics trains and validates on besides, or people have; none of it is read.
OTHER_SUFFIXES = ULTRALYTICS_ALONE | {".gif", ".jpeg2000", ".jxl", ".pfm"}
