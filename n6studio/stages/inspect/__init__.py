"""Inspect: what a model file is, and whether it is ready for the board."""
