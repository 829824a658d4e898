"""What is told of walls: by a process that runs into them, on this kernel and on one that lacks some."""

import json
import os
import pwd
import subprocess
import sys
from pathlib import Path

import pytest
from builders import program_environment

from n6studio.cli.commands.doctor import text
from n6studio.domain.states import FindingState
from n6studio.engine.doctor import walls
from n6studio.engine.doctor.examine import is_fit, to_json
from n6studio.engine.jobs.child import worker_command
from n6studio.link.processes.child import virtual_command
from n6studio.stages.process.job_object import limits
from n6studio.stages.process.sandbox import python_and_system

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="walls stand on Linux only")

# An older kernel: this filter lets a system call, or prctl with this first argument, fail with an error number.
OLDER = """
import ctypes, os, struct, sys
call, argument, error = map(int, sys.argv[1:4])
kernel = ctypes.CDLL(None, use_errno=True)
step = lambda code, yes, no, value: struct.pack("<HBBI", code, yes, no, value)
steps = [step(0x20, 0, 0, 0), step(0x15, 0, 3, call)]
steps += [step(0x20, 0, 0, 16), step(0x15, 0, 1, argument)] if argument >= 0 else [step(0x05, 0, 0, 0)] * 2
steps += [step(0x06, 0, 0, 0x50000 | error), step(0x06, 0, 0, 0x7FFF0000)]
code = ctypes.create_string_buffer(b"".join(steps))
program = ctypes.create_string_buffer(struct.pack("<H6xQ", len(steps), ctypes.addressof(code)))
assert kernel.prctl(38, 1, 0, 0, 0) == 0 and kernel.prctl(22, 2, program, 0, 0) == 0
os.execv(sys.executable, [sys.executable, "-m", "n6studio.stages", *sys.argv[4:]])
"""
ENOSYS, EINVAL, EOPNOTSUPP = 38, 22, 95
LANDLOCK, PRCTL, SECCOMP = 444, 157, 22  # of x86-64


def on_older(call: int, argument: int, error: int) -> list[str]:
    return [sys.executable, "-c", OLDER, str(call), str(argument), str(error)]


@pytest.fixture
def told(monkeypatch):
    for name, value in program_environment().items():
        monkeypatch.setenv(name, value)

    def look(command):
        monkeypatch.setattr(walls, "worker_command", lambda: command)
        return walls.look_at_walls()

    return look


def all_stand() -> bool:
    done = subprocess.run(
        [sys.executable, "-m", "n6studio.stages", "--walls"],
        env=program_environment(), capture_output=True, text=True, check=True,
    )  # fmt: skip
    return all(one["stands"] for one in json.loads(done.stdout)["walls"].values())


@pytest.fixture
def this_kernel():
    if not all_stand():
        pytest.skip("this kernel has neither Landlock nor seccomp")
    if "x86_64" not in subprocess.run(["uname", "-m"], capture_output=True, text=True, check=True).stdout:
        pytest.skip("numbers of system calls are those of x86-64")


def test_all_walls_of_this_kernel_stand(this_kernel, told):
    found = told([sys.executable, "-m", "n6studio.stages"])
    assert found.state is FindingState.OK
    for name in ("writing", "reading", "network", "programs", "memory", "processor time"):
        assert name in found.found


@pytest.mark.parametrize(
    ("error", "why"), [(ENOSYS, "came with Linux 5.13"), (EOPNOTSUPP, "switched off (boot parameter lsm=)")]
)
def test_without_landlock_files_are_open_and_one_line_says_so(this_kernel, told, error, why):
    found = told(on_older(LANDLOCK, -1, error))
    assert found.state is FindingState.MISSING
    assert found.found.startswith("limits network, programs, memory, processor time; does not limit writing, reading (")
    assert why in found.found
    assert is_fit([found]), "the chain runs all the same"
    assert json.loads(json.dumps(to_json([found])))["findings"][0]["needed_for"] == "files from others"
    line = text([found])
    assert "\n" not in line
    assert "open only files from people you trust" in line


def test_without_filters_connections_and_programs_are_open(this_kernel, told):
    found = told(on_older(PRCTL, SECCOMP, EINVAL))
    assert found.state is FindingState.MISSING
    assert "limits writing, reading, memory, processor time; does not limit network, programs (" in found.found


@pytest.mark.parametrize("code", ["raise SystemExit(3)", "print('{}')", 'print(\'{"walls": {"a": 1}}\')'])
def test_what_is_not_known_is_called_unknown(told, code):
    found = told([sys.executable, "-c", code])
    assert found.state is FindingState.UNKNOWN
    assert found.found.startswith("unknown: ")


def test_a_wall_that_does_not_hold_is_told_as_none():
    answer = {"walls": {"writing": {"stands": False, "why": "it was put up and does not hold"}}}
    found = walls.judged(json.dumps(answer), "")
    assert found.state is FindingState.MISSING
    assert "limits nothing; does not limit writing (it was put up and does not hold)" in found.found


def test_walls_hold_wherever_the_program_was_started(told, tmp_path, monkeypatch):
    """The folder where somebody started it may be a home, or all: what is tried to be read lies below it here."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    found = told(worker_command())
    assert found.state is FindingState.OK, found.found


@pytest.mark.parametrize("command", [worker_command, virtual_command])
def test_nothing_is_imported_from_where_the_program_was_started(command, tmp_path):
    """Python would put that folder first: a download named like a package would be run."""
    (tmp_path / "msgspec.py").write_text("import pathlib; pathlib.Path('was run').touch()\n")
    subprocess.run([*command(), "--walls"], cwd=tmp_path, env=program_environment(), capture_output=True, check=False)
    assert not (tmp_path / "was run").exists()


@pytest.mark.parametrize("wide", ["/", "~"])
def test_wide_places_in_pythons_path_are_not_opened(wide, monkeypatch):
    monkeypatch.setattr(sys, "path", [*sys.path, str(Path(wide).expanduser())])
    homes = [Path(pwd.getpwuid(os.getuid()).pw_dir), Path("/")]
    assert not set(homes) & set(python_and_system())


def test_limits_of_a_job_on_windows():
    wanted = limits(2**31, 600)
    assert wanted.ProcessMemoryLimit == 2**31
    assert wanted.BasicLimitInformation.PerProcessUserTimeLimit == 600 * 10**7
    assert wanted.BasicLimitInformation.ActiveProcessLimit == 1
    assert wanted.BasicLimitInformation.LimitFlags == 0x2000 | 0x400 | 0x100 | 0x8 | 0x2
    assert limits(2**31, None).BasicLimitInformation.LimitFlags == 0x2000 | 0x400 | 0x100 | 0x8
