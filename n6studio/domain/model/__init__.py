"""What is known of a model file, whether it is ready for the board, and how its layers fare."""
