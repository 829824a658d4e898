"""What is said of each gate of a header, and where each gate ends."""

import struct
from pathlib import Path

import firmware
import pytest

from n6studio.board.images.header import Gate, ImageType, check, read_header, require, sign
from n6studio.board.registry import board
from n6studio.domain.deploy import Role
from n6studio.domain.errors.images import ImageUnaligned

KIT = board("stm32n6570-dk")
IMAGE = firmware.application_image()


def patched(offset, data):
    return IMAGE[:offset] + data + IMAGE[offset + len(data) :]


def word(offset, value):
    return patched(offset, struct.pack("<I", value))


def finding(gate, data=IMAGE, role=Role.APPLICATION, **more):
    """Return (ok, wanted, found) of one gate, None where it was not looked at."""
    found = {one.name: (one.ok, one.wanted, one.found) for one in check(data, role, KIT.chip, **more)}
    return found.get(gate)


@pytest.mark.parametrize(
    ("start", "words"),
    [
        (b"", "nothing"),
        (b"\xff", "erased flash"),
        (b"\xff" * 9, "erased flash"),
        (b"\x7fELF\x01\x01\x01\0", "what an .elf file does, which is for a debugger"),
        (b"\x1c\0\0\0TFL3\x14", "what a .tflite does"),
        (b"ABCDEFGH", "ABCD"),
        (b"ABC", "ABC"),
        (b"\0\x01\x02\xab\x04", "00 01 02 AB"),
        (b"\xe9bcd", "E9 62 63 64"),  # a letter, but none of ASCII
        (b"a\tbc", "61 09 62 63"),
        (b"\x7eELF", "~ELF"),
    ],
)
def test_what_a_file_without_header_begins_with(start, words):
    assert finding(Gate.MAGIC, start) == (False, "STM2", words)


def test_every_byte_of_the_header_is_read():
    signature, filler = bytes(range(1, 97)), bytes(range(1, 205)) * 2
    header = read_header(patched(0x04, signature)[:0xA8] + filler + IMAGE[0x240:])
    assert (header.signature, header.filler) == (signature, filler)
    assert read_header(IMAGE[:0x240]).filler == firmware.FILLER
    assert read_header(IMAGE[:0x23F]) is None
    assert read_header(word(0x80, 7)).image_version == 7


def test_types_by_number_and_by_name():
    assert sign(firmware.loader(), ImageType.FSBL)[0x8C] == 0x10
    application, loader = "an application (ssbl)", "a boot loader (fsbl)"
    assert finding(Gate.TYPE) == (True, application, application)
    assert finding(Gate.TYPE, word(0x8C, 0x10)) == (False, application, loader)
    assert finding(Gate.TYPE, word(0x8C, 0x20)) == (False, application, "type 0x20")
    assert finding(Gate.TYPE, role=Role.FSBL) == (False, loader, application)


def test_words_of_the_other_gates():
    assert finding(Gate.EXTENSION) == (True, "a padding extension", "present")
    assert finding(Gate.EXTENSION, word(0xA4, 5)) == (False, "a padding extension", "something else")
    assert finding(Gate.PAYLOAD) is None
    built = "the program that was built"
    assert finding(Gate.PAYLOAD, payload=firmware.program()) == (True, built, "identical")
    assert finding(Gate.PAYLOAD, payload=firmware.program(99)) == (False, built, "a different program")
    assert finding(Gate.LOAD_ADDRESS, word(0x78, 0x34000000)) == (False, "none", "0x34000000")
    assert finding(Gate.ENTRY, word(0x70, 0x34000601)) == (False, "0x34000501", "0x34000601")


def test_the_slot_is_looked_at_where_both_its_ends_are_known():
    end = 0x70100000 + len(IMAGE)
    words = (f"end by 0x{end:08X}", f"0x{end:08X}")
    assert finding(Gate.SLOT, address=0x70100000, end=end) == (True, *words)
    assert finding(Gate.SLOT, address=0x70100000, end=end - 1)[0] is False
    assert finding(Gate.SLOT, address=0x70100000) is finding(Gate.SLOT, end=end) is None


def test_an_application_may_be_copied_up_to_the_loader():
    # Copied are 0x400 bytes and what the header counts, which is 0x1C0 bytes of zeros and the program.
    room = KIT.chip.boot.loader - KIT.chip.boot.copied_to - 0x400 - 0x1C0
    limit = f"0x{KIT.chip.boot.loader:08X}"
    assert finding(Gate.LOADER, firmware.application_image(size=room)) == (True, f"end by {limit}", limit)
    assert finding(Gate.LOADER, firmware.application_image(size=room + 1))[0] is False
    assert finding(Gate.LOADER, firmware.application_image(size=room + 1), Role.FSBL) is None


def test_the_program_begins_behind_zeros():
    zeros = "zeros up to 0x400"
    assert finding(Gate.ALIGNMENT) == (True, zeros, zeros)
    for place in (0x240, 0x3FF):
        assert finding(Gate.ALIGNMENT, patched(place, b"\x01")) == (False, zeros, "the program at 0x240")
    assert finding(Gate.ALIGNMENT, word(0x88, 0x360))[0] is True  # a header up to the program itself
    assert finding(Gate.ALIGNMENT, word(0x88, 0x361)) == (False, zeros, "the program at 0x401")
    # More than the two vectors must be there.
    assert finding(Gate.ALIGNMENT, IMAGE[:0x409])[0] is True
    assert finding(Gate.ALIGNMENT, IMAGE[:0x408])[0] is False
    assert finding(Gate.ENTRY, IMAGE[:0x408]) is None


def test_the_header_is_returned_and_the_entry_told():
    assert require(IMAGE, Role.APPLICATION, Path("app.bin"), KIT).entry_point == 0x34000501
    with pytest.raises(ImageUnaligned) as caught:  # the checksum is right
        require(word(0x64, sum(IMAGE[0x240:]) + 1)[:0x240] + b"\x01" + IMAGE[0x241:], Role.APPLICATION, Path("a"), KIT)
    assert caught.value.values["entry"] == "0x34000501"
    assert caught.value.values["found"] == "the program at 0x240"
