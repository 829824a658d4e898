"""Where a live stream can come from. `open_source` makes one of an address, `find_sources` lists what is there."""

from n6studio.link.sources.finder import find_sources, open_source

__all__ = ["find_sources", "open_source"]
