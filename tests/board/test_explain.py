"""A file or a dump is told apart into what lies in it."""

import struct

import firmware
import pytest

from n6studio.board.images.explain import Kind, explain, explain_file
from n6studio.board.images.header import ImageType, sign
from n6studio.board.images.intel_hex import Segment, write_hex
from n6studio.board.registry import board
from n6studio.domain.deploy import Role
from n6studio.domain.errors.files import FileMissing
from n6studio.domain.errors.images import ImageEmpty

KIT = board("stm32n6570-dk")


def kinds(path, **options):
    return [region.kind for region in explain_file(path, KIT, **options)]


def dump(parts, size):
    """Return flash from its start with parts at their addresses."""
    data = bytearray(b"\xff" * size)
    for address, content in parts.items():
        data[address - KIT.flash.address : address - KIT.flash.address + len(content)] = content
    return bytes(data)


def test_a_dump_of_flash(tmp_path):
    fsbl, app = sign(firmware.loader(), ImageType.FSBL), firmware.application_image(size=200_001)
    weights = firmware.weights(70_001)
    path = tmp_path / "dump.bin"
    path.write_bytes(dump({0x70000000: fsbl, 0x70100000: app, 0x70380000: weights}, 0x400000))
    regions = explain_file(path, KIT)
    assert [(region.kind, region.address, region.size) for region in regions] == [
        (Kind.FSBL, 0x70000000, len(fsbl)),
        (Kind.ERASED, 0x70000000 + len(fsbl), 0x100000 - len(fsbl)),
        (Kind.APPLICATION, 0x70100000, len(app)),
        (Kind.ERASED, 0x70100000 + len(app), 0x280000 - len(app)),
        (Kind.WEIGHTS, 0x70380000, len(weights)),
        (Kind.ERASED, 0x70380000 + len(weights), 0x80000 - len(weights)),
    ]
    assert not any(region.findings for region in regions)
    assert regions[2].header.entry_point == 0x34000501
    assert "0x70100000" in regions[2].as_text()


def test_regions_leave_no_gap_whatever_the_bytes_are():
    data = dump({0x70000000: firmware.weights(10_000), 0x70100800: firmware.application_image()}, 0x120000)
    for start in (0, 1, 4096, 5000):
        end = start
        for region in explain(data[start:], start, KIT):
            assert region.address == end
            assert region.size > 0
            end = region.end
        assert end == len(data)


def test_erased_stretches_inside_an_application_belong_to_it():
    payload = firmware.program(60_000)[:4096] + b"\xff" * 40_000 + b"end of program"
    data = sign(payload, ImageType.APPLICATION)
    assert [region.kind for region in explain(data, 0x70100000, KIT)] == [Kind.APPLICATION]


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (firmware.program(), Kind.UNSIGNED),
        (b"\x7fELF" + bytes(100), Kind.ELF),
        (b"\x1c\0\0\0TFL3" + bytes(100), Kind.MODEL),
        (b":020000047010", Kind.HEX_TEXT),
        (b"\xff" * 5000, Kind.ERASED),
        (bytes(5000), Kind.ZEROS),
        (b"x", Kind.DATA),
        (b"STM2 and then nothing", Kind.DATA),
        (firmware.application_image(), Kind.APPLICATION),
        (sign(firmware.loader(), ImageType.FSBL), Kind.FSBL),
    ],
)
def test_a_raw_file_of_each_kind(tmp_path, data, kind):
    path = tmp_path / "file.bin"
    path.write_bytes(data)
    assert kinds(path) == [kind]


def test_images_with_something_wrong_are_named_with_it(tmp_path):
    image = bytearray(firmware.application_image())
    image[0x64] ^= 1
    (damaged,) = explain(bytes(image), 0x70100000, KIT)
    assert damaged.kind == Kind.APPLICATION
    assert [finding.name for finding in damaged.findings] == ["checksum"]
    assert "instead of" in damaged.as_text()
    old = bytearray(firmware.application_image())
    struct.pack_into("<I", old, 0x68, 0x00020100)
    (other,) = explain(bytes(old), 0x70100000, KIT)
    assert other.kind == Kind.OTHER_HEADER
    assert "2.1" in other.message
    whole = firmware.application_image()
    bare = whole[:0x6C] + struct.pack("<I", len(whole) - 0x400) + whole[0x70:0x240] + whole[0x400:]
    (unaligned,) = explain(bare, 0x70100000, KIT)
    assert unaligned.kind == Kind.UNALIGNED


def test_a_hex_file_says_itself_where_it_lies(tmp_path):
    path = tmp_path / "merged.hex"
    fsbl = sign(firmware.loader(), ImageType.FSBL)
    write_hex(path, [Segment(0x70000000, fsbl), Segment(KIT.slot(Role.WEIGHTS).address, firmware.weights(5000))])
    regions = explain_file(path, KIT)
    assert [(region.kind, region.address) for region in regions] == [
        (Kind.FSBL, 0x70000000),
        (Kind.WEIGHTS, 0x70380000),
    ]


def test_nothing_to_explain(tmp_path):
    (tmp_path / "empty.bin").write_bytes(b"")
    with pytest.raises(ImageEmpty):
        explain_file(tmp_path / "empty.bin", KIT)
    with pytest.raises(FileMissing):
        explain_file(tmp_path / "none.bin", KIT)
