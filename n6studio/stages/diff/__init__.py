"""Difference: two quantized files side by side, from their graphs to the people found with them."""
