"""Image sizes: how large the calibration images are."""
