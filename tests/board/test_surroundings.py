"""What a first build needs besides the tools: each is checked for real, and told with what to do."""

import os
import shutil
from pathlib import Path

import pytest

from n6studio.board.running.watch import SerialPort
from n6studio.board.tools import surroundings
from n6studio.board.tools.discovery import FoundTool, ToolBox
from n6studio.board.tools.surroundings import (
    look_at_newlib,
    look_at_paths,
    look_at_room,
    look_at_shell,
    look_at_stream_port,
    look_at_surroundings,
    look_at_usb,
)

unix = pytest.mark.skipif(os.name == "nt", reason="the stand-ins are shell scripts")


def tool(kind, path, text=None):
    if text is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)
    return FoundTool(kind, path, "test", None, None)


@unix
def test_a_compiler_without_newlib_is_told_before_the_build(tmp_path):
    bare = tool("gcc", tmp_path / "bare", 'for a in "$@"; do case "$a" in -print*) echo "${a#*=}";; esac; done')
    found = look_at_newlib(bare)
    assert found.state == "missing"
    assert "libc.a, libm.a, nosys.specs" in found.found
    assert "newlib" in found.what_to_do
    whole = tool("gcc", tmp_path / "whole", 'for a in "$@"; do case "$a" in -print*) echo "/lib/${a#*=}";; esac; done')
    assert look_at_newlib(whole).state == "ok"
    assert look_at_newlib(tool("gcc", tmp_path / "gone")).state == "unknown"


@pytest.mark.skipif(not shutil.which("arm-none-eabi-gcc"), reason="no cross compiler here")
def test_the_compiler_of_this_computer():
    assert look_at_newlib(tool("gcc", Path(shutil.which("arm-none-eabi-gcc")))).state == "ok"


@unix
def test_make_with_and_without_a_shell(tmp_path):
    assert look_at_shell(tool("make", Path(shutil.which("make") or "/usr/bin/make"))).state == "ok"
    like_cmd = tool("make", tmp_path / "make", 'mkdir -- -p; echo "The syntax of the command is incorrect."; exit 2')
    found = look_at_shell(like_cmd)
    assert (found.state, found.found) == ("missing", "The syntax of the command is incorrect.")
    assert found.what_to_do
    silent = tool("make", tmp_path / "silent", "exit 0")
    assert look_at_shell(silent).state == "missing", "it claims success and makes nothing"
    assert look_at_shell(tool("make", tmp_path / "gone")).state == "unknown"


def test_usb_access_asks_for_a_rule_on_linux_only(tmp_path):
    assert look_at_usb("darwin").state == "ok"
    assert look_at_usb("win32").state == "unknown"
    assert look_at_usb("linux", root=True).state == "ok"
    assert look_at_usb("linux", [str(tmp_path)], root=False).state == "missing"
    (tmp_path / "49-stlinkv3.rules").write_text('ATTRS{idVendor}=="0483", TAG+="uaccess"')
    assert look_at_usb("linux", [str(tmp_path)], root=False).state == "ok"


def test_room_where_results_and_temporary_files_go(tmp_path, monkeypatch):
    assert look_at_room(tmp_path / "not" / "yet").state == "ok"
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(surroundings.shutil, "disk_usage", lambda _: usage._replace(free=10_000_000))
    found = look_at_room(tmp_path)
    assert found.state == "too little"
    assert str(tmp_path) in found.what_to_do


def test_a_home_with_umlauts_works_in_another_place_or_is_named(tmp_path, monkeypatch):
    umlauts = tmp_path / "Jörg Müller" / "Projekt"
    assert look_at_paths(tmp_path).state == "ok"
    found = look_at_paths(umlauts)
    assert found.state == "ok"
    assert "because" in found.found
    monkeypatch.setattr(surroundings, "plain_places", lambda: (umlauts,))
    found = look_at_paths(umlauts)
    assert found.state == "missing"
    assert "TMP" in found.what_to_do
    assert look_at_paths(Path("/" + "x" * 200)).state == "missing", "too long for ST's trees below it"


def test_all_of_it_at_once(tmp_path):
    names = [item.name for item in look_at_surroundings(ToolBox({}), tmp_path)]
    assert names == ["USB access", "Free space", "Folder for ST's tools"], "no gcc and no make are told elsewhere"


def test_the_port_of_the_live_stream_is_known_by_its_ids_and_who_may_open_it():
    ports = [SerialPort("/dev/ttyACM0", 0x0483, 0x374E), SerialPort("/dev/ttyACM1", 0x0483, 0x5740)]
    found = look_at_stream_port(ports, lambda port: True)
    assert (found.state, found.found) == ("ok", "/dev/ttyACM1")
    closed = look_at_stream_port(ports, lambda port: False)
    assert closed.state == "missing"
    assert "dialout" in closed.what_to_do
    assert look_at_stream_port(ports[:1]).state == "unknown"
