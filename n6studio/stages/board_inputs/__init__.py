"""Inputs for a board: images as its model shall receive them."""
