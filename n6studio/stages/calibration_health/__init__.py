"""Calibration health: every calibration image looked at once."""
