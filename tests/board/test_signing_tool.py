"""The signing tool is driven as a process, and what it makes is checked like anything else."""

import sys

import firmware
import pytest

from n6studio.board.cube.signing_tool import sign_with_tool, signing_command, signing_tool_version
from n6studio.board.images.header import ALIGNED_BYTES, read_header
from n6studio.board.registry import board
from n6studio.domain.deploy import Role
from n6studio.domain.errors.files import FileMissing
from n6studio.domain.errors.images import ImageDamaged, ImageUnaligned
from n6studio.domain.errors.programmer import SigningToolFailed
from n6studio.domain.errors.tools import ToolMissing

KIT = board("stm32n6570-dk")


@pytest.fixture
def payload(tmp_path):
    path = tmp_path / "Project.bin"
    path.write_bytes(firmware.program(5001))
    return path


@pytest.fixture
def signed(tmp_path):
    return tmp_path / "out" / "Project_sign.bin"


@pytest.mark.parametrize("version", ["2.19.0", "2.20.0", "2.21.0", "2.22.0"])
def test_every_version_is_told_to_align_when_it_wants_to_be_told(bench, payload, signed, witness, version):
    bench.behave(version=version)
    sign_with_tool(bench.signing_tool, payload, signed, Role.APPLICATION, KIT, witness.attendant)
    data = signed.read_bytes()
    assert data[ALIGNED_BYTES:].startswith(payload.read_bytes())
    assert ("-align" in witness.log) == (version >= "2.21")
    assert read_header(data).entry_point == 0x34000501
    assert [path.name for path in signed.parent.iterdir()] == ["Project_sign.bin"]


def test_the_documented_command_lines(payload, signed):
    words = signing_command(["T"], payload, signed, Role.APPLICATION, (2, 20))
    assert words == ["T", "-s", "-bin", str(payload), "-nk", "-t", "ssbl", "-hv", "2.3", "-o", str(signed)]
    words = signing_command(["T"], payload, signed, Role.FSBL, (2, 22))
    assert words[4:9] == ["-nk", "-of", "0x80000000", "-t", "fsbl"]
    assert words[-1] == "-align"


def test_without_alignment_the_image_is_refused_and_the_old_one_kept(bench, payload, signed, witness, monkeypatch):
    signed.parent.mkdir()
    signed.write_bytes(b"good old image")
    monkeypatch.setattr("n6studio.board.cube.signing_tool.ALIGN_SINCE", (99, 0))
    with pytest.raises(ImageUnaligned):
        sign_with_tool(bench.signing_tool, payload, signed, Role.APPLICATION, KIT, witness.attendant)
    assert signed.read_bytes() == b"good old image"


def test_a_wrong_checksum_is_refused(bench, payload, signed, witness):
    bench.behave(signs_badly=True)
    with pytest.raises(ImageDamaged):
        sign_with_tool(bench.signing_tool, payload, signed, Role.APPLICATION, KIT, witness.attendant)
    assert not signed.exists()


def test_an_error_in_spite_of_exit_code_zero_is_an_error(bench, payload, signed, witness):
    bench.behave(error_after="Error: something went wrong")
    with pytest.raises(SigningToolFailed) as caught:
        sign_with_tool(bench.signing_tool, payload, signed, Role.APPLICATION, KIT, witness.attendant)
    assert caught.value.values["exit_code"] == 0


def test_a_boot_loader_is_signed_as_one(bench, tmp_path, signed, witness):
    (tmp_path / "fsbl.bin").write_bytes(firmware.loader())
    sign_with_tool(bench.signing_tool, tmp_path / "fsbl.bin", signed, Role.FSBL, KIT, witness.attendant)
    assert read_header(signed.read_bytes()).binary_type == 0x10


def test_nothing_to_sign_and_nothing_to_sign_with(tmp_path, payload, signed, witness, bench):
    with pytest.raises(FileMissing):
        sign_with_tool(bench.signing_tool, tmp_path / "none", signed, Role.APPLICATION, KIT, witness.attendant)
    with pytest.raises(ToolMissing):
        sign_with_tool(tmp_path / "none", payload, signed, Role.APPLICATION, KIT, witness.attendant)
    with pytest.raises(SigningToolFailed):
        signing_tool_version([sys.executable, "-c", "print('another program')"], witness.attendant)
