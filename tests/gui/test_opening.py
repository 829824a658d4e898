"""What the window opens with other programs: by one function, and never a program."""

from pathlib import Path

import pytest
from PySide6.QtCore import QObject

import n6studio
from n6studio.ui.opening import open_page, open_with_system


def test_only_secure_pages_are_opened(application, monkeypatch):
    opened = []
    monkeypatch.setattr("n6studio.ui.opening.QDesktopServices.openUrl", lambda url: opened.append(url.toString()))
    for address in ("https://www.st.com/x", "http://www.st.com/x", "file:///etc/passwd", "/etc/passwd", ""):
        open_page(address)
    assert opened == ["https://www.st.com/x"]


@pytest.mark.parametrize("content", [b"MZ\x90\0", b"#!/bin/sh\ntouch /tmp/ran\n"])
def test_a_program_in_place_of_the_report_is_not_opened(application, tmp_path, monkeypatch, wait, content):
    opened, told = [], []
    monkeypatch.setattr("n6studio.ui.opening.QDesktopServices.openUrl", lambda url: opened.append(url))
    (tmp_path / "report.html").write_bytes(content)
    owner = QObject()
    open_with_system(owner, tmp_path / "report.html", told.append)
    wait(lambda: told, "the reason")
    assert f"{tmp_path / 'report.html'} is not opened" in told[0]
    assert opened == []


def test_only_one_place_opens_things_with_other_programs():
    package = Path(n6studio.__file__).parent
    words = ("QDesktopServices", "os.startfile", "xdg-open", "webbrowser", "setOpenExternalLinks")
    found = [path.relative_to(package).as_posix() for path in package.rglob("*.py")
             if any(word in path.read_text(encoding="utf-8") for word in words)]  # fmt: skip
    assert found == ["ui/opening.py"]
