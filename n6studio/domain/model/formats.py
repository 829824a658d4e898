"""File name endings that several rooms must agree on."""

# Images that calibration, evaluation and the digests of folders count; everything else in a folder may change freely.
# (.jfif is a JPEG by another name, .mpo one or several of them behind each other, of which the first counts.)
IMAGE_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff", ".webp", ".jfif", ".mpo"})

# Of these, what Ultralytics looks for in the folders of a data set; it passes over the others without a word.
ULTRALYTICS_SUFFIXES = IMAGE_SUFFIXES - {".jfif"}

# What Ultralytics reads besides (ultralytics/data/utils.py, IMG_FORMATS of 8.4), and nobody else here.
ULTRALYTICS_ALONE = frozenset({".avif", ".dng", ".heic", ".heif", ".jp2"})

# What Ultralytics trains and validates on besides, or people have; none of it is read.
OTHER_SUFFIXES = frozenset({".avif", ".dng", ".gif", ".heic", ".heif", ".jp2", ".jpeg2000", ".jxl", ".pfm"})
