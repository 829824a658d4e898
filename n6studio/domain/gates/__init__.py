"""The one way in for what others wrote: files, YAML, JSON, zip archives, images. Each is bounded and can be stopped.

Nothing else in the package opens, parses or unpacks; `tests/test_gates.py` finds what does.
"""
