"""The signing tool is driven and its output checked; tools are run with all their output, and ended whole."""

import sys
import threading

import firmware
import psutil
import pytest

from n6studio.board.boards import Role, board
from n6studio.board.image_header import ALIGNED_BYTES, read_header
from n6studio.board.process import run_tool
from n6studio.board.programmer import Attendant
from n6studio.board.signing_tool import sign_with_tool, signing_command, signing_tool_version
from n6studio.domain.errors import Cancelled, FileMissing
from n6studio.domain.errors_deploy import (
    ImageDamaged,
    ImageUnaligned,
    SigningToolFailed,
)
from n6studio.domain.errors_tools import ToolMissing

KIT = board("stm32n6570-dk")


# --- signing ---------------------------------------------------------------------------------------------------------


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
    monkeypatch.setattr("n6studio.board.signing_tool.ALIGN_SINCE", (99, 0))
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


# --- running tools ---------------------------------------------------------------------------------------------------


def run(code, **options):
    seen = []
    given = {"tool": "tool", "timeout": 60, "on_line": seen.append, "on_growing": seen.append, **options}
    return run_tool([sys.executable, "-u", "-c", code], **given), seen


def test_lines_end_at_line_feeds_and_carriage_returns(tmp_path):
    code = r"import sys; sys.stdout.write('one\r\ntwo\r 10%\r 50%\r\n\nlast')"
    done, seen = run(code, log=tmp_path / "logs" / "tool.log")
    assert done.lines == ("one", "two", " 10%", " 50%", "last")
    assert set(done.lines) <= set(seen)
    log = (tmp_path / "logs" / "tool.log").read_text(encoding="utf-8")
    assert log.startswith("$ ")
    assert " 50%\nlast\n[tool ended with 0 after" in log


def test_a_line_is_shown_while_it_grows_and_counts_as_a_word():
    code = r"import sys, time; [(sys.stdout.write(c), sys.stdout.flush(), time.sleep(.4)) for c in '1234%']; print()"
    done, seen = run(code, silence=1.5)
    assert seen[0] == "1"
    assert done.lines == ("1234%",)


def test_a_character_cut_in_two_is_put_together():
    code = (
        r"import sys, time; o = sys.stdout.buffer; o.write(b'a\xe2\x96'); o.flush(); time.sleep(.3);"
        r"o.write(b'\x88b\r'); o.flush(); time.sleep(.3); o.write(b'\nc\xff'); o.flush()"
    )
    done, _seen = run(code)
    assert done.lines == ("a\u2588b", "c\ufffd")


PARENT = (
    "import subprocess, sys, time; c = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']);"
    "print(c.pid, flush=True); time.sleep(60)"
)


def test_a_tool_is_ended_with_its_children():
    cancel, pids = threading.Event(), []

    def on_line(line):
        pids.append(int(line))
        cancel.set()

    with pytest.raises(Cancelled):
        run(PARENT, cancel=cancel, on_line=on_line)
    assert not psutil.pid_exists(pids[0]) or psutil.Process(pids[0]).status() == psutil.STATUS_ZOMBIE


def test_libraries_beside_st_s_programs_are_found_on_linux(tmp_path, monkeypatch):
    if not sys.platform.startswith("linux"):
        pytest.skip("only Linux looks there")
    for name in ("bin", "lib"):
        (tmp_path / name).mkdir()
    monkeypatch.setenv("LD_LIBRARY_PATH", "/known")
    for name, found in [("STM32_Programmer_CLI", f"[{tmp_path / 'lib'}:/known]"), ("make", "[/known]")]:
        tool = tmp_path / "bin" / name
        tool.write_text('#!/bin/sh\necho "[$LD_LIBRARY_PATH]"\n')
        tool.chmod(0o755)
        assert run_tool([tool], tool=name, timeout=30).lines == (found,)


def test_a_program_without_one_of_its_libraries_is_told_as_not_started():
    text = "error while loading shared libraries: libQt6Core.so.6: cannot open shared object file"
    with pytest.raises(ToolMissing) as caught:
        run(f"import sys; print('tool: {text}'); sys.exit(127)")
    assert "libQt6Core" in caught.value.values["reason"]


def test_an_attendant_without_a_log_is_no_problem():
    assert Attendant().log_name == ""
