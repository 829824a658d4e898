"""Where a live stream can come from. `open_source` makes one of an address, `find_sources` lists what is there."""
