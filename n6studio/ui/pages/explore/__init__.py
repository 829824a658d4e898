"""The explore page: candidates side by side, and the way from each to the board."""
