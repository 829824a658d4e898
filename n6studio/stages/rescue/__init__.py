"""Rescue: weights alone and the YAML of their model become a checkpoint."""
