"""Ultralytics checkpoints: looked through first, then loaded."""
