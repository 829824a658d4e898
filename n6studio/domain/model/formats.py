"""File name endings that several rooms must agree on."""

# Images that calibration, evaluation and the digests of folders count; everything else in a folder may change freely.
IMAGE_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff", ".webp"})
