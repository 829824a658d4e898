"""What tells our firmware's live stream and its port from others; the stream itself is docs/wire-format.md."""

STREAM_MAGIC = b"N6LIVE"  # in every frame with results, behind the length of its first segment
# Of our firmware's port: ST's ids for its CDC class, which other devices with ST's USB library have as well.
STREAM_USB_IDS = (0x0483, 0x5740)
