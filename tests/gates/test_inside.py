"""Entries of files that lead out of their folder, to links or to things that are no files: each is refused."""

import os
import socket

import pytest

from n6studio.domain.errors.files import NotOpened, PathRefused
from n6studio.gates.inside import inside
from n6studio.gates.openable import require_openable


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "project"
    (made / "runs" / "inspect").mkdir(parents=True)
    (made / "runs" / "inspect" / "report.html").write_text("<!doctype html>")
    (tmp_path / "tools").mkdir()
    (tmp_path / "tools" / "evil.exe").write_bytes(b"MZ")
    return made


@pytest.mark.parametrize("entry", ["runs", "runs/inspect/report.html", "runs/new/file.txt", "a name é.txt", "./runs"])
def test_what_lies_inside_or_is_not_there_yet(folder, entry):
    assert inside(folder, entry, folder / "x.json") == folder / entry


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        ("../tools/evil.exe", "'..'"),
        ("runs/../../tools/evil.exe", "'..'"),
        ("runs/..", "'..'"),
        ("/etc/passwd", "absolute"),
        ("//server/share/evil.exe", "absolute"),
        ("C:/Windows/notepad.exe", "drive"),
        ("c:evil.exe", "drive"),
        ("\\\\server\\share\\evil.exe", "backslash"),
        ("..\\tools\\evil.exe", "backslash"),
        ("", "empty"),
        (".", "empty"),
        ("nul\0byte", "characters"),
        (["runs"], "list"),
        ("runs/inspect/report.html/more", "a file where a folder is needed"),
    ],
)
def test_what_leads_out_or_is_no_path(folder, entry, reason):
    with pytest.raises(PathRefused) as caught:
        inside(folder, entry, folder / "evaluate.result.json")
    assert reason in caught.value.reason
    assert caught.value.path == folder / "evaluate.result.json"
    assert caught.value.entry == str(entry)


@pytest.mark.skipif(os.name == "nt", reason="not everybody may make links there")
@pytest.mark.parametrize("entry", ["link", "link/deeper/file", "runs/file"])
@pytest.mark.parametrize("target", ["../tools", "runs/inspect", "nowhere"])
def test_links_wherever_they_lead(folder, entry, target):
    (folder / "link").symlink_to(target)
    (folder / "runs" / "file").symlink_to(target)
    with pytest.raises(PathRefused, match="symbolic link"):
        inside(folder, entry, folder)


@pytest.mark.skipif(os.name == "nt", reason="there are none")
def test_named_pipes_and_sockets(folder, monkeypatch):
    os.mkfifo(folder / "pipe")
    monkeypatch.chdir(folder)  # the name of a socket may have 108 bytes
    with socket.socket(socket.AF_UNIX) as made:
        made.bind("socket")
    for name, kind in (("pipe", "a named pipe"), ("socket", "a socket")):
        with pytest.raises(PathRefused, match=kind):
            inside(folder, name, folder)


def test_the_folder_itself_may_be_reached_by_a_link(folder, tmp_path):
    (tmp_path / "mine").symlink_to(folder)
    assert inside(tmp_path / "mine", "runs", folder) == tmp_path / "mine" / "runs"


# --- opening -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("report.html", b"\n<!DOCTYPE html>\n<html>"),
        ("chart.png", b"\x89PNG\r\n\x1a\n...."),
        ("inspect.log", b"2026-11-26 inspect\n"),
    ],
)
def test_reports_images_and_logs_are_opened(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    require_openable(tmp_path / name)
    require_openable(tmp_path)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("evil.exe", b"MZ\x90"),
        ("report.html", b"MZ\x90"),
        ("report.html", b"#!/bin/sh\n"),
        ("report.desktop", b"<!doctype html>"),
        ("report", b"<!doctype html>"),
        ("report.html.bat", b"<!doctype html>"),
        ("chart.png", b"\x7fELF"),
        ("run.log", b"#!/bin/sh\n"),
        ("run.log", b"\x7fELF\0"),
        ("notes.txt", b"harmless"),
    ],
)
def test_programs_and_whatever_else_are_not(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    (tmp_path / name).chmod(0o755)
    with pytest.raises(NotOpened):
        require_openable(tmp_path / name)


def test_neither_are_folders_that_are_programs_nor_links(tmp_path):
    (tmp_path / "Report.app").mkdir()
    (tmp_path / "plain" / "Contents").mkdir(parents=True)
    (tmp_path / "page.html").write_text("<!doctype html>")
    (tmp_path / "link.html").symlink_to("page.html")
    for name in ("Report.app", "plain", "link.html"):
        with pytest.raises(NotOpened):
            require_openable(tmp_path / name)
