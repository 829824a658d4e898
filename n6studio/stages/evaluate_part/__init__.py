"""One part of an evaluation's images through the models."""
