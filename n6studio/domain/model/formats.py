"""File name endings that several rooms must agree on."""

# Pictures that calibration, evaluation and the digests of folders count; everything else in a folder may change freely.
PICTURE_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff", ".webp"})
