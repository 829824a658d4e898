"""People, their keypoints, and the way between an image, a model's input and its output."""
