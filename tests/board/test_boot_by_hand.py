"""What the two boot loaders make of flash, from bytes put together by hand after the disassembly's description."""

import hashlib
import json
import struct
import zlib

import pytest

from n6studio.board.images.boot import BootResult, boot, boot_from_flash
from n6studio.board.registry import board
from n6studio.domain.deploy import Boot
from n6studio.domain.errors.deploy import BoardSilent

KIT = board("stm32n6570-dk")
LOADER, APPLICATION, WEIGHTS = 0x70000000, 0x70100000, 0x70380000
RAM, ROOM = 0x34000000, 0x180000  # the application's copy, and what is free up to the boot loader
ZEROS = bytes(0x400)


def header(length: int, entry: int, kind: int, *, version=0x20300, load=0xFFFFFFFF, post=0x1A0, total=0) -> bytes:
    """Return 0xA0 bytes of header, version 2.3, and 0x1A0 of padding extension."""
    fields = struct.pack("<IIIQQIIII", total, version, length, entry, load, 0, 0x80000000, post, kind)
    return (b"STM2" + bytes(0x60) + fields).ljust(0xA0, b"\0") + (b"ST\xff\xff" + struct.pack("<I", 0x1A0)).ljust(0x1A0)


def loader(**changes) -> bytes:
    return header(0x2000, 0x34180501, 0x10, **changes).ljust(0x408, b"\0")


def application(stack=0x34100000, reset=0x34000501, *, length=0x400, entry=None, **changes) -> bytes:
    """Return an image as it is signed: zeros up to 0x400, vectors, and bytes of 1. `length` counts from 0x240 on."""
    body = bytes(0x400 - 0x240) + struct.pack("<II", stack, reset) + b"\1" * (length - 0x1C0 - 8)
    return header(length, reset if entry is None else entry, 0, total=sum(body), **changes) + body


class Flash:
    """Flash with something at these addresses, erased elsewhere; remembers what is read."""

    def __init__(self, **parts):
        places = {"loader": LOADER, "app": APPLICATION, "weights": WEIGHTS}
        self.parts = {places[name]: data for name, data in parts.items()}
        self.reads = []

    def __call__(self, address, size):
        self.reads.append((address, size))
        found = bytearray(b"\xff" * size)
        for start, data in self.parts.items():
            for place in range(max(start, address), min(start + len(data), address + size)):
                found[place - address] = data[place - start]
        return bytes(found)


def started(**parts) -> BootResult:
    given = {"loader": loader(), "app": application(), "weights": b"weights"} | parts
    return boot_from_flash(KIT, Flash(**given))


def reason(**parts) -> str:
    result = started(**parts)
    assert (result.mode, result.runs, result.remarks, result.manifest) == (Boot.FLASH, False, (), None)
    return result.reason


def test_an_application_that_runs():
    assert started() == BootResult(Boot.FLASH, True, "The application runs")


def test_what_is_read_of_flash():
    flash = Flash(loader=loader(), app=application(), weights=b"weights")
    boot_from_flash(KIT, flash)
    # a header's length and 0x400 bytes more are copied
    assert flash.reads == [
        (LOADER, 0x408), (APPLICATION + 0x6C, 4), (APPLICATION, 8), (APPLICATION, 0x800), (WEIGHTS, 64),
    ]  # fmt: skip


def test_only_flash_boot_reads_flash():
    flash = Flash()
    for mode, words in ((Boot.DEVELOPMENT, "development boot"), (Boot.SERIAL, "serial boot")):
        result = boot(KIT, KIT.boot_mode(mode), flash)
        assert (result.mode, result.runs) == (mode, False)
        assert words in result.reason
    assert flash.reads == []
    assert "no boot loader" in boot(KIT, KIT.boot_mode(Boot.FLASH), flash).reason


def test_silence_is_an_error():
    with pytest.raises(BoardSilent) as raised:
        BootResult(Boot.FLASH, False, "because").require_running(KIT)
    assert (raised.value.board, raised.value.reason) == (KIT.name, "because")
    assert "to the left" in raised.value.switches
    BootResult(Boot.FLASH, True, "it runs").require_running(KIT)


# --- the boot loader -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "There is no boot loader: flash is erased"),
        (b"\0", "There is no STM32 header at the start of flash"),
        (b"STM3" + loader()[4:], "There is no STM32 header at the start of flash"),
        (loader(version=0x20200), "has version 2.2; the boot ROM requires 2.3"),
        (loader(version=0x20301), "has version 2.3"),
        (application()[:0x408], "There is an application at the boot loader's address"),
        (loader(load=0x34180400), "signed with a load address"),
    ],
)
def test_what_keeps_the_boot_loader_from_starting(data, words):
    assert words in reason(loader=data)


# --- the copy --------------------------------------------------------------------------------------------------------


def with_length(length: int, start=b"STM2") -> bytes:
    return start + bytes(0x68) + struct.pack("<I", length)


def test_there_has_to_be_an_application():
    assert "There is no application" in reason(app=b"")
    assert "There is no application" in reason(app=b"\xff" * 8 + application()[8:]), "eight bytes are looked at"
    assert started(app=b"\xff" * 7 + application()[7:]).runs


@pytest.mark.parametrize(
    ("length", "small"), [(0, True), (7, True), (8, False), (2**32 - 1, True), (2**32 - 0x400, True)]
)
def test_vectors_have_to_be_in_the_copy(length, small):
    assert (f"length of {length} bytes, which is too small" in reason(app=with_length(length))) == small


@pytest.mark.parametrize(("length", "large"), [(ROOM - 0x400, False), (ROOM - 0x3FF, True), (2**32 - 0x401, True)])
def test_the_copy_must_not_reach_the_boot_loader(length, large):
    assert ("The application is too large" in reason(app=with_length(length))) == large
    assert "The application is not signed" in reason(app=with_length(length, b"abcd"))
    assert ("overwrites the boot loader itself" in reason(app=with_length(length, b"abcd"))) == large


# --- the jump --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stack", "runs"),
    [(RAM, False), (RAM + 1, True), (RAM + 0x200000, True), (RAM + 0x200001, False), (0, False), (2**32 - 1, False)],
)
def test_the_stack_is_in_ram(stack, runs):
    assert started(app=application(stack)).runs == runs


@pytest.mark.parametrize(
    ("reset", "runs"),
    [
        (RAM + 1, True),
        (RAM + 5, True),
        (RAM - 1, False),
        (RAM + 0x500, False),  # no Thumb code
        (RAM + 0x7FF, True),
        (RAM + 0x801, False),
        (0x08000001, False),
    ],
)
def test_the_program_begins_in_the_copy(reset, runs):
    assert started(app=application(reset=reset)).runs == runs


def test_the_copy_ends_where_it_ends():
    """One byte more than 0x800 is copied, so that the program could begin at its last byte, and not behind."""
    assert not started(app=application(reset=RAM + 0x801, length=0x401)).runs
    assert started(app=application(reset=RAM + 0x801, length=0x402)).runs


def test_words_for_a_jump_into_nowhere():
    damaged = reason(app=application(0x20000000, 0x08000101))
    assert damaged == "The application is damaged: the boot loader jumps to 0x08000101 with the stack at 0x20000000"
    unsigned = b"\0" * 0x6C + struct.pack("<I", 0x400) + bytes(0x800)
    assert "The application is not signed: the boot loader jumps to 0x00000000" in reason(app=unsigned)


@pytest.mark.parametrize(
    ("at", "early"),
    [(0x240, True), (0x3F8, True), (0x3FF, True), (0x400, False), (0x404, False)],  # where the header says it ends
)
def test_an_application_that_was_signed_without_alignment(at, early):
    """Its vectors lie right behind the header, where they agree with the entry point."""
    whole = bytearray(header(0x400, 0x34000501, 0, post=at - 0xA0).ljust(0x900, b"\0"))
    struct.pack_into("<II", whole, at, 0x34100000, 0x34000501)
    if at == 0x400:
        struct.pack_into("<I", whole, at, 0)  # or it would run
    assert ("signed without alignment" in reason(app=bytes(whole))) == early
    if early:
        assert f"its vectors lie at 0x{at:X}, the boot loader jumps through 0x400" in reason(app=bytes(whole))
    struct.pack_into("<I", whole, at + 4, 0x34000601)
    assert "The application is damaged" in reason(app=bytes(whole)), "which do not agree"


# --- what runs -------------------------------------------------------------------------------------------------------


def test_what_is_wrong_all_the_same():
    assert started(app=application(entry=0x34000601)).remarks == (
        "The application starts, but its entry is 0x34000601 instead of 0x34000501.",
    )
    assert started(app=application(load=0x34000000)).remarks == (
        "The application starts, but its load address is 0x34000000 instead of none.",
    )


NO_HEADER = ("The application has no valid header; it starts only because this boot loader does not check it.",)


def test_a_header_that_claims_more_than_was_copied_is_none():
    """0x800 bytes are copied: 0x400 that the header counts, behind 0x400 of its own, and not behind one byte more."""
    image = application()
    for post, remarks in ((0x400 - 0xA0, False), (0x401 - 0xA0, True)):
        other = image[:0x88] + struct.pack("<I", post) + image[0x8C:]
        assert (started(app=other).remarks == NO_HEADER) == remarks
    assert started(app=b"STM3" + image[4:]).remarks == NO_HEADER


def test_without_weights_it_starts_with_a_remark():
    assert started(weights=b"").remarks == (
        "The application starts, but there are no weights at 0x70380000: flash is erased there.",
    )
    assert started(weights=b"\xff" * 64 + b"weights").remarks != (), "64 bytes are looked at"
    assert started(weights=b"\xff" * 63 + b"weights").remarks == ()


def virtual(weights: bytes, *, at=WEIGHTS + 0x1000, name="a model") -> bytes:
    """Return an application that says which weights it wants."""
    wanted = {
        "weights_address": at,
        "weights_size": len(weights),
        "weights_sha256": hashlib.sha256(weights).hexdigest(),
        "model_sha256": "m" * 64,
        "name": name,
        "settings": {},
    }
    text = json.dumps(wanted).encode()
    content = b"N6-STUDIO-VIRTUAL" + struct.pack("<II", len(text), zlib.crc32(text)) + text
    image = application(length=0x800)
    return image[:0x500] + content + image[0x500 + len(content) :]


def test_an_application_that_knows_its_weights():
    weights = bytes(range(100))
    flash = Flash(loader=loader(), app=virtual(weights), weights=bytes(0x1000) + weights)
    result = boot_from_flash(KIT, flash)
    assert (result.runs, result.reason) == (True, "The application runs with a model")
    assert result.manifest.weights_size == 100
    assert flash.reads[-2:] == [(WEIGHTS + 0x1000, 64), (WEIGHTS + 0x1000, 100)]
    nameless = started(app=virtual(weights, name=""), weights=bytes(0x1000) + weights)
    assert (nameless.reason, nameless.manifest.name) == ("The application runs", "")


def test_other_weights_than_its_own():
    weights = bytes(range(100))
    other = started(app=virtual(weights), weights=bytes(0x1000) + weights[:-1])
    assert not other.runs
    assert other.reason == "The application starts, but the weights at 0x70381000 are not the ones it was built with"
    assert other.manifest.name == "a model"
    missing = started(app=virtual(weights), weights=bytes(0x1000))
    assert missing.reason == "The application starts, but there are no weights at 0x70381000: flash is erased there"
