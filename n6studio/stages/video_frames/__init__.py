"""Video frames: calibration images taken out of a video."""
