"""Stages on other computers: a Dask cluster whose workers have this program, in the same version."""
