"""Throws damaged files at everything that reads files: ``python3 bootstrap.py fuzz``, see `__main__`."""
