"""Quantize: SavedModel to int8 TFLite."""
