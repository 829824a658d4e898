"""The way in for what others wrote: files, hashes, paths, YAML, JSON, zips, images, videos; all bounded.

`tests/test_gates.py` finds what opens, parses or unpacks past them; its list says where that is, and why.
"""
