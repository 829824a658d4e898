"""Headers are made and checked; every gate is closed to the image that it is there for."""

import hashlib
import struct
from pathlib import Path

import firmware
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from n6studio.board.images.explain import explain
from n6studio.board.images.header import ImageType, check, read_header, require, sign
from n6studio.board.registry import board
from n6studio.domain.deploy import Role
from n6studio.domain.errors.images import (
    ApplicationOverLoader,
    ImageDamaged,
    ImageEmpty,
    ImageHeaderVersion,
    ImageLoadAddress,
    ImageTooLarge,
    ImageUnaligned,
    ImageUnsigned,
    ImageWrongType,
)

KIT = board("stm32n6570-dk")
PATH = Path("app.bin")


def failed(data, role=Role.APPLICATION, **limits):
    return [finding.name for finding in check(data, role, KIT.chip, **limits) if not finding.ok]


def patched(offset, value, data=None, form="<I"):
    data = bytearray(firmware.application_image() if data is None else data)
    struct.pack_into(form, data, offset, value)
    return bytes(data)


def unaligned(payload):
    """Return what the signing tool makes from 2.21 on without -align."""
    image = sign(payload, ImageType.APPLICATION, firmware.FILLER)
    return image[:0x6C] + struct.pack("<I", len(image) - 0x400) + image[0x70:0x240] + image[0x400:]


def test_fields_lie_where_the_format_has_them():
    payload = firmware.program(3000)
    data = sign(payload, ImageType.APPLICATION, bytes(range(204)) * 2)
    assert len(data) == 0x400 + 3008
    assert data[:4] == b"STM2"
    assert not any(data[0x04:0x64])
    checksum, version, length, entry, high = struct.unpack_from("<5I", data, 0x64)
    assert (version, entry, high) == (0x20300, 0x34000501, 0)
    assert length == len(data) - 0x240
    assert checksum == sum(data[0x240:]) & 0xFFFFFFFF
    assert struct.unpack_from("<6I", data, 0x78) == (0xFFFFFFFF, 0, 0, 0x80000000, 0x1A0, 0x00)
    assert not any(data[0x90:0xA0])
    assert data[0xA0:0xA8] == b"ST\xff\xff\xa0\x01\x00\x00"
    assert data[0xA8:0x240] == bytes(range(204)) * 2
    assert not any(data[0x240:0x400])
    assert data[0x400:] == payload + bytes(8)


def test_the_format_has_not_drifted():
    """Golden digest of one image, against an accidental change of anything."""
    digest = hashlib.sha256(sign(firmware.program(), ImageType.APPLICATION, firmware.FILLER)).hexdigest()
    assert digest == "3354b2b550f0c1da095673b87eea375e31cea454660cee436c17cb64eadf774f"


def test_only_the_type_tells_boot_loader_from_application():
    payload = firmware.program()
    pairs = zip(*(sign(payload, kind, firmware.FILLER) for kind in ImageType), strict=True)
    assert [i for i, (a, b) in enumerate(pairs) if a != b] == [0x8C]


def test_what_is_signed_passes_every_gate():
    payload = firmware.program()
    findings = check(
        sign(payload, ImageType.APPLICATION), Role.APPLICATION, KIT.chip, payload=payload, address=0, end=1 << 20
    )
    assert all(finding.ok for finding in findings)
    assert [finding.name for finding in findings] == [
        "magic",
        "version",
        "type",
        "extension",
        "load address",
        "length",
        "checksum",
        "alignment",
        "entry",
        "stack",
        "payload",
        "slot",
        "loader",
    ]
    require(sign(firmware.loader(), ImageType.FSBL), Role.FSBL, PATH, KIT)


def test_reading_gives_back_what_was_written():
    header = read_header(firmware.application_image())
    assert header.binary_type == ImageType.APPLICATION
    assert header.version_text == "2.3"
    assert header.image_bytes == len(firmware.application_image())
    assert read_header(firmware.application_image()[:0x23F]) is None
    assert read_header(b"\xff" * 4096) is None


@pytest.mark.parametrize(
    ("data", "gates", "error"),
    [
        (b"", ["magic"], ImageEmpty),
        (firmware.program(), ["magic"], ImageUnsigned),
        (b"\xff" * 5000, ["magic"], ImageUnsigned),
        (patched(0x68, 0x00020100), ["version"], ImageHeaderVersion),
        (patched(0x8C, 0x10), ["type"], ImageWrongType),
        (patched(0xA0, 0), ["extension"], ImageDamaged),
        (patched(0x78, 0x34000000), ["load address"], ImageLoadAddress),
        (patched(0x6C, 64), ["length"], ImageDamaged),
        (firmware.application_image() + b"\0" * 32, ["length"], ImageDamaged),
        (firmware.application_image()[:-32], ["length", "checksum"], ImageDamaged),
        (patched(0x64, 1), ["checksum"], ImageDamaged),
        (patched(0x800, 0xDEADBEEF), ["checksum"], ImageDamaged),
        (patched(0x70, 0x34000601), ["entry"], ImageDamaged),
        (firmware.application_image(stack=0x20010000), ["stack"], ImageDamaged),
        (unaligned(firmware.program()), ["alignment"], ImageUnaligned),
        (firmware.application_image(size=0x180000), ["loader"], ApplicationOverLoader),
    ],
)
def test_each_gate_is_closed_to_what_it_is_there_for(data, gates, error):
    assert failed(data) == gates
    with pytest.raises(error):
        require(data, Role.APPLICATION, PATH, KIT)


@pytest.mark.parametrize(
    ("stack", "gates"),
    [
        (0x33FFFFFF, ["stack"]),
        (0x34000000, ["stack"]),  # a stack grows downwards: here there is no room below
        (0x34000001, []),
        (0x341FFFFF, []),
        (0x34200000, []),  # the end itself is a whole stack's start
        (0x34200001, ["stack"]),
    ],
)
def test_where_a_stack_may_begin(stack, gates):
    assert failed(firmware.application_image(stack=stack)) == gates


def test_an_image_of_another_program_is_noticed():
    assert failed(firmware.application_image(), payload=firmware.program(3001)) == ["payload"]
    assert failed(firmware.application_image(), payload=firmware.program()[:-8]) == ["payload"]


def test_an_image_that_would_reach_the_weights_is_noticed():
    data = firmware.application_image()
    assert failed(data, address=0x70100000, end=0x70100000 + len(data)) == []
    assert failed(data, address=0x70100000, end=0x70100000 + len(data) - 1) == ["slot"]


def test_a_boot_loader_that_is_larger_than_its_slot():
    with pytest.raises(ImageTooLarge):
        require(sign(firmware.loader(1 << 20), ImageType.FSBL), Role.FSBL, PATH, KIT)


@pytest.mark.parametrize("size", range(8, 80, 9))
def test_programs_of_any_length_are_filled_up(size):
    assert failed(firmware.application_image(size=size)) == []


def test_no_byte_that_counts_may_change_unnoticed():
    """Signature, image version, reserved words and filler do not count; everything else is held by some gate."""
    image = firmware.application_image(size=100)
    free = {*range(0x04, 0x64), *range(0x80, 0x84), *range(0x90, 0xA0), *range(0xA8, 0x240)}
    for offset in range(len(image)):
        changed = bytearray(image)
        changed[offset] ^= 0x10
        assert bool(failed(bytes(changed))) == (offset not in free), hex(offset)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=40), st.integers(0, 0x500), st.integers(0, 0x500))
def test_no_bytes_whatever_make_it_stumble(noise, place, length):
    image = bytearray(firmware.application_image(size=100))
    image[place : place + len(noise)] = noise
    for role in Role:
        check(bytes(image[:length]), role, KIT.chip, payload=b"12345678", address=0, end=1)
        check(bytes(image), role, KIT.chip)
    assert sum(region.size for region in explain(bytes(image), 0x70100000, KIT)) == len(image)


def test_a_program_without_vectors_is_refused():
    with pytest.raises(ValueError, match="reset vector"):
        sign(b"1234567", ImageType.APPLICATION)
    with pytest.raises(ValueError, match="filler"):
        sign(firmware.program(), ImageType.APPLICATION, b"short")
