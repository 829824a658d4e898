"""Intel HEX is read and written, and everything malformed is named with its line."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from n6studio.board.images.intel_hex import Segment, hex_text, is_hex, parse_hex, read_hex, write_hex
from n6studio.domain.errors.files import FileMissing
from n6studio.domain.errors.images import HexDamaged

END = ":00000001FF"
PATH = Path("image.hex")


def parsed(*lines: str):
    return parse_hex("\n".join(lines).encode(), PATH)


def test_the_documented_example_is_read():
    # from the specification: 16 bytes at 0100h
    assert parsed(":10010000214601360121470136007EFE09D2190140", END) == (
        Segment(0x100, bytes.fromhex("214601360121470136007EFE09D21901")),
    )


def test_linear_and_segment_addresses_and_start_records():
    lines = [
        ":020000047010" + "7A",
        ":0400000001020304F2",
        ":0400000570100401" + "72",
        ":020000021000EC",
        ":02000000AABB99",
        ":0400000300003800C1",
        END,
    ]
    assert parsed(*lines) == (Segment(0x10000, b"\xaa\xbb"), Segment(0x70100000, b"\x01\x02\x03\x04"))


def test_records_in_any_order_are_joined_where_they_touch():
    assert parsed(":020002000304F5", ":020000000102FB", END) == (Segment(0, b"\x01\x02\x03\x04"),)


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_every_kind_of_line_end_is_read(ending):
    assert parse_hex(ending.join([":020000000102FB", "", END, ""]).encode(), PATH) == (Segment(0, b"\x01\x02"),)


@pytest.mark.parametrize(
    ("lines", "line", "reason"),
    [
        ([":020000000102FC", END], 1, "checksum"),
        (["020000000102FB", END], 1, "colon"),
        ([":020000000102F", END], 1, "hexadecimal"),
        ([":02000000010GFB", END], 1, "hexadecimal"),
        ([":02000000 0102FB\u00e9", END], 1, "hexadecimal"),
        ([":030000000102FA", END], 1, "2 bytes of data instead of 03h"),
        ([":00", END], 1, "0 bytes of data"),
        ([":", END], 1, "0 bytes of data"),
        ([":020000060102F5", END], 1, "record type 06"),
        ([":03000004000102F6", END], 1, "has 2 bytes of data, this one 3"),
        ([":020000000102FB", ":020001000304F6", END], 2, "written before"),
        ([":020000000102FB"], 1, "end record is missing"),
        ([END, ":020000000102FB"], 2, "after the end record"),
        ([], 0, "empty"),
        (["<html>"], 1, "colon"),
    ],
)
def test_what_is_malformed_is_named_with_its_line(lines, line, reason):
    with pytest.raises(HexDamaged) as caught:
        parsed(*lines)
    assert caught.value.values["line"] == line
    assert reason in caught.value.values["reason"]


def test_a_file_cut_off_anywhere_is_noticed(tmp_path):
    path = tmp_path / "cut.hex"
    whole = hex_text([Segment(0x70100000, bytes(range(256)) * 3)]).encode()
    for length in range(0, len(whole) - 1, 7):
        path.write_bytes(whole[:length])
        with pytest.raises(HexDamaged):
            read_hex(path)


def test_a_missing_file(tmp_path):
    with pytest.raises(FileMissing):
        read_hex(tmp_path / "none.hex")


segments = st.lists(st.tuples(st.integers(0, 2**32 - 300), st.binary(min_size=1, max_size=300)), max_size=6)


@settings(max_examples=60, deadline=None)
@given(segments)
def test_what_is_written_is_read_back(parts):
    apart, end = [], -1
    for address, data in sorted(parts):
        if address > end:
            apart.append(Segment(address, data))
            end = address + len(data)
    assert parse_hex(hex_text(apart).encode(), PATH) == tuple(apart)


def test_lines_never_cross_a_border_of_64_kib(tmp_path):
    path = tmp_path / "border.hex"
    write_hex(path, [Segment(0x7000FFF8, bytes(range(1, 25)))])
    text = path.read_text()
    assert text.splitlines()[0] == ":020000047000" + "8A"
    assert ":020000047001" + "89" in text
    assert read_hex(path) == (Segment(0x7000FFF8, bytes(range(1, 25))),)


def test_addresses_beyond_32_bits_are_a_bug():
    with pytest.raises(ValueError, match="32 bits"):
        hex_text([Segment(2**32 - 1, b"ab")])


@pytest.mark.parametrize("name", ["a.hex", "a.HEX", "a.ihex", "a.IHX", "a.b.Hex"])
def test_names_of_hex_files(name):
    assert is_hex(Path(name))


@pytest.mark.parametrize("name", ["a.bin", "hex", "a.hex.bin", ".hex", "a.hexa", "hex.raw"])
def test_names_of_other_files(name):
    assert not is_hex(Path(name))


def test_what_is_written_to_the_letter():
    # 17 bytes from address 0: 16 in the first line (10h), one in the second; sums end in 00 with the last byte.
    assert hex_text([Segment(0, bytes(17))]).splitlines() == [
        ":020000040000FA", f":10000000{'00' * 16}F0", ":0100100000EF", END,
    ]  # fmt: skip
    assert hex_text([]) == hex_text([Segment(5, b"")]) == f"{END}\n"


def test_the_last_address_of_32_bits_can_be_written():
    last = Segment(2**32 - 2, b"ab")
    assert parse_hex(hex_text([last]).encode(), PATH) == (last,)
    for beyond in (Segment(2**32 - 1, b"ab"), Segment(-1, b"a")):
        with pytest.raises(ValueError, match="32 bits"):
            hex_text([beyond])


def test_blanks_around_records_and_on_lines_of_their_own():
    assert parsed("   ", " :020000000102FB\t", "", f"  {END}  ", " ") == (Segment(0, b"\x01\x02"),)


def test_a_file_with_an_end_and_nothing_else_has_no_segments():
    assert parsed(END) == ()
    assert Segment(3, b"ab").end == 5


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (":00000001", "0 bytes of data instead of 00h"),  # without the checksum
        (":0000000100FF", "1 bytes of data instead of 00h"),
        (":0100000100FE", "a record of type 01 has 0 bytes of data, this one 1"),
        (":0100000270" + "8D", "a record of type 02 has 2 bytes of data, this one 1"),
        (":02000003000" + "0FB", "a record of type 03 has 4 bytes of data, this one 2"),
        (":020000050000F9", "a record of type 05 has 4 bytes of data, this one 2"),
        (":020000FF0000FF", "unknown record type FF"),
    ],
)
def test_records_of_a_wrong_length_or_type(line, reason):
    with pytest.raises(HexDamaged) as caught:
        parsed(line, END)
    assert reason in caught.value.values["reason"]
