"""Plain data and numpy: no files, no threads, no Qt, nothing heavy."""
