"""Names of files that are made out of other files' names."""

from pathlib import Path

# File systems take 255 bytes. What is added to a network's name on its way, "_2048_quant_pc_uf_" and a use case of up
# to 80 bytes and ".tflite", and what a file is called while it is written, must fit beside it.
LONGEST_STEM = 120


def short_stem(path: Path) -> str:
    r"""Return the file's name without its ending, as `shortened`; without \ and :, which lead elsewhere on Windows."""
    return shortened(path.stem.replace("\\", "_").replace(":", "_"))


def shortened(name: str) -> str:
    """Return `name`, cut to `LONGEST_STEM` bytes of UTF-8 between two characters where it is longer."""
    content = name.encode("utf-8", "surrogateescape")
    return name if len(content) <= LONGEST_STEM else content[:LONGEST_STEM].decode("utf-8", "ignore")
