"""Recordings: written, read and exported."""
