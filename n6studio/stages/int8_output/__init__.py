"""Int8 output: what it would cost."""
