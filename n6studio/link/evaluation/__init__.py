"""Evaluation on a board: inputs out, answers back, and a file of them."""
