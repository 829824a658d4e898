"""Data sets: images and labels, in every form that is read."""
