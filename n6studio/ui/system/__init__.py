"""Workarounds for Qt and Python in one process."""
