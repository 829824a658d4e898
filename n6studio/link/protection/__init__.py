"""Parity that repairs flipped bytes."""
