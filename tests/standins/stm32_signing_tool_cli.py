"""Stands in for STM32_SigningTool_CLI: same command lines, same words, and the alignment as its version does it."""

import struct
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from bench import from_environment

from n6studio.board.images.header import ALIGNED_BYTES, FILLER_BYTES, ImageType, read_header, sign

ALIGNS_ON_REQUEST = (2, 21)  # before, the tool always aligned
TYPES = {"ssbl": ImageType.APPLICATION, "fsbl": ImageType.FSBL}
SWITCHES = {"-s": 0, "--silent": 0, "-nk": 0, "--no-keys": 0, "-align": 0, "--align": 0, "--version": 0}
VALUES = {"-bin": 1, "-t": 1, "-hv": 1, "-o": 1, "-of": 1, "-la": 1, "-ep": 1, "-dump": 1}


def main():
    """Run the tool."""
    manner = from_environment().manner
    version = tuple(int(part) for part in manner.version.split(".")[:2])
    print("-" * 67)
    print(f"              STM32 Signing Tool v{manner.version}")
    print("-" * 67)
    given = arguments(sys.argv[1:])
    if given is None:
        return 1
    if "--version" in given:
        return 0
    aligned = "-align" in given or "--align" in given
    if aligned and version < ALIGNS_ON_REQUEST:
        print("Error: Unknown option -align")
        return 1
    return make(given, aligned or version < ALIGNS_ON_REQUEST, manner)


def make(given, aligned, manner):
    """Write the signed image."""
    source, target = Path(given.get("-bin", "")), Path(given.get("-o", ""))
    if not source.is_file():
        print(f"Error: Unable to open file {source}")
        return 1
    if given.get("-hv") != "2.3" or given.get("-t") not in TYPES or "-nk" not in given:
        print("Error: Wrong parameter for this header version")
        return 1
    if target.exists() and not {"-s", "--silent"} & set(given):
        print(f"File {target.name} already exists. Overwrite? (y/n)")
        if not sys.stdin.readline().startswith("y"):
            return 1
    image = sign(source.read_bytes(), TYPES[given["-t"]])
    if aligned:
        print("Aligning the payload to 0x400, head padding added")
    else:
        image = unaligned(image)
    if manner.signs_badly:
        image = image[:0x64] + struct.pack("<I", 0xBADBAD) + image[0x68:]
    if "-la" in given:
        image = image[:0x78] + struct.pack("<Q", int(given["-la"], 0)) + image[0x80:]
    print("Header version 2.3 preparation...")
    print(f"Entry point value : 0x{read_header(image).entry_point:X}")
    target.write_bytes(image)
    if manner.error_after:
        print(manner.error_after)
    print(f"The headred image file generated successfully: {target}")
    return 0


def unaligned(image):
    """Return the image as 2.21 and later make it without -align: the program right behind the header."""
    head = ALIGNED_BYTES - 0x1C0
    body = image[ALIGNED_BYTES:]
    assert len(image[0xA8:head]) == FILLER_BYTES
    return image[:0x6C] + struct.pack("<I", len(body)) + image[0x70:head] + body


def arguments(words):
    """Return switch -> value, None for a line that the tool does not understand."""
    given, rest = {}, list(words)
    while rest:
        word = rest.pop(0)
        if word in SWITCHES:
            given[word] = ""
        elif word in VALUES and rest:
            given[word] = rest.pop(0)
        else:
            print(f"Error: Unknown option {word}")
            return None
    return given


if __name__ == "__main__":
    sys.exit(main())
