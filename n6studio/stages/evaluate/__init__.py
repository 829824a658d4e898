"""Evaluate: models judged on a data set."""
