"""The scene that the program carries: moving people drawn from a seed, with exact keypoints."""
