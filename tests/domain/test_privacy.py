"""What is taken out of texts that leave this computer."""

import json
from pathlib import Path, PureWindowsPath

import pytest

from n6studio.domain.privacy import Identity, identity, shown, without_identity

ANNA = Identity("/home/anna", "anna", "annas-pc.example.org")
PROJECT = Path("/data/Anna Meier/jogger.n6")


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("/home/anna/x", "~/x"),
        ("reading /home/anna/secret/deep/name.pt now", "reading ~/.../name.pt now"),
        ("/home/anna2/x/y.pt", ".../y.pt"),
        ("/data/Anna Meier/jogger.n6/runs/export/1/export.log", "jogger.n6/runs/export/1/export.log"),
        ('"/mnt/big disk/cats of anna/1.jpg"', '".../1.jpg"'),
        ("'/mnt/big disk/1.jpg': gone", "'.../1.jpg': gone"),
        ("/mnt/client X/model.pt is gone", ".../model.pt is gone"),
        ('File "/home/anna/venv/lib/python3.11/site-packages/torch/nn/a.py", line 3',
         'File ".../site-packages/torch/nn/a.py", line 3'),
        ("/home/anna/n6studio/stages/__main__.py:12", ".../n6studio/stages/__main__.py:12"),
        ("/usr/lib/libc.so.6 and /etc/udev/rules.d/70.rules", "/usr/lib/libc.so.6 and /etc/udev/rules.d/70.rules"),
        ("anna@annas-pc:~$ on annas-pc.example.org by ANNA", "USER@HOST:~$ on HOST by USER"),
        ("annabel and banana", "annabel and banana"),
        ("291 images/s, 3/4, a/b/c, float16/int8", "291 images/s, 3/4, a/b/c, float16/int8"),
        ("https://example.org/a/b and tcp://127.0.0.1:80/x/y", "https://example.org/a/b and tcp://127.0.0.1:80/x/y"),
        ("~/projects/secret/x.yaml", "~/.../x.yaml"),
        ("/dev/ttyACM0 /proc/cpuinfo", "/dev/ttyACM0 /proc/cpuinfo"),
    ],
)  # fmt: skip
def test_names_and_paths_outside_the_project_are_left_out(text, left):
    assert without_identity(text, PROJECT, [Path("/mnt/client X/model.pt")], ANNA) == left


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("C:\\Users\\anna\\x.pt", "~\\x.pt"),
        ('"C:\\\\Users\\\\anna\\\\deep\\\\x.pt"', '"~/.../x.pt"'),
        ("C:/Users/anna/deep/x.pt", "~/.../x.pt"),
        ("D:\\clients\\secret\\x.pt gone", ".../x.pt gone"),
        ('"D:\\\\big disk\\\\x.pt"', '".../x.pt"'),
        ('"\\\\\\\\server\\\\share\\\\x.pt"', '".../x.pt"'),
        ("C:\\Windows\\System32\\kernel32.dll", "C:\\Windows\\System32\\kernel32.dll"),
    ],
)
def test_paths_of_windows(text, left):
    who = Identity(str(PureWindowsPath("C:/Users/anna")), "anna", "PC")
    assert without_identity(text, who=who) == left


def test_json_stays_json():
    data = {"path": "/home/anna/a b/c.pt", "list": ["/mnt/x/y.jpg", "C:\\Users\\bob\\z.pt", "/", "a/b", "\\d+"]}
    left = json.loads(without_identity(json.dumps(data), who=ANNA))
    assert left == {"path": "~/.../c.pt", "list": [".../y.jpg", ".../z.pt", "/", "a/b", "\\d+"]}


def test_common_names_stay_words():
    who = Identity("/root", "root", "localhost")
    assert without_identity("root may do everything at localhost", who=who) == "root may do everything at localhost"


def test_this_computer_has_an_identity():
    assert identity().home == str(Path.home())
    assert str(Path.home()) not in without_identity(f"in {Path.home()}/a/b.txt")


def test_a_report_names_files_from_the_project_on():
    assert shown("/a/p.n6/runs/x.tflite", Path("/a/p.n6")) == "runs/x.tflite"
    assert shown("/b/x.tflite", Path("/a/p.n6")) == "x.tflite"
    assert shown("/b/x.tflite", None) == "x.tflite"
