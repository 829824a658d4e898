"""Running somebody else's tool: every way in which it can misbehave."""

import os
import sys
import threading
import time

import psutil
import pytest
from own_time import OwnTime

from n6studio.board.vendor.folders import is_plain, plain_name, working_folder
from n6studio.board.vendor.process import LONGEST_LINE, clean_environment, run_tool
from n6studio.domain.errors.files import DiskFull, NotWritable
from n6studio.domain.errors.stages import Cancelled
from n6studio.domain.errors.tools import ToolLibraryMissing, ToolMissing, ToolPathUnsafe, ToolSilent, ToolTimeout


def run(code, **changes):
    return run_tool([sys.executable, "-u", "-c", code], tool="tool", **{"timeout": 20, **changes})


def test_lines_come_one_by_one_split_at_both_ends_and_go_to_the_log(tmp_path):
    seen = []
    log = tmp_path / "log"
    code = "import sys; sys.stdout.write('10%\\r20%\\r\\nüber\\n\\n'); sys.stderr.write('last')"
    done = run(code, on_line=seen.append, log=log)
    assert sorted(done.lines) == sorted(["10%", "20%", "über", "last"]) == sorted(seen)
    assert done.code == 0
    text = log.read_text(encoding="utf-8")
    assert text.startswith("$ ")
    assert "über" in text
    assert "ended with 0" in text
    run("print('again')", log=log)
    assert log.read_text(encoding="utf-8").count("$ ") == 2, "the log is added to"


def test_it_gets_no_input_and_its_exit_code_is_passed_on():
    done = run("import sys; print(repr(sys.stdin.read())); sys.exit(7)")
    assert (done.lines, done.code) == (("''",), 7)


def test_broken_characters_and_a_flood_are_survived():
    done = run("import sys; sys.stdout.buffer.write(b'\\xff\\xfe\\n' + b'x' * 3_000_000 + b'\\n')")
    assert "".join(done.lines[1:]) == "x" * 3_000_000
    assert max(map(len, done.lines)) <= LONGEST_LINE


def test_a_program_that_is_not_there_or_none(tmp_path):
    with pytest.raises(ToolMissing):
        run_tool([tmp_path / "gone"], tool="tool", timeout=5)
    text = tmp_path / "text"
    text.write_text("no program")
    with pytest.raises(ToolMissing):
        run_tool([text], tool="tool", timeout=5)


@pytest.mark.slow
def test_time_and_silence_have_an_end_and_silence_is_told_before():
    told = []
    with pytest.raises(ToolSilent):
        run(
            "import time; print('hello', flush=True); time.sleep(60)", silence=1.0, on_silence=told.append,
            on_line=lambda _: told.clear(),  # Python may take its time to start
        )  # fmt: skip
    assert len(told) == 1
    with pytest.raises(ToolTimeout):
        run("import time\nwhile True: print('busy'); time.sleep(0.05)", timeout=0.6, silence=30)
    with pytest.raises(ToolTimeout):
        run("import os, time; os.close(1); os.close(2); time.sleep(60)", timeout=0.6)


_FAMILY = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
print(child.pid, flush=True)
{end}
"""


@pytest.mark.slow
def test_cancelling_ends_its_children_too():
    cancel, pids = threading.Event(), []

    def on_line(line):
        pids.append(int(line))
        cancel.set()

    with pytest.raises(Cancelled):
        run(_FAMILY.format(end="time.sleep(60)"), on_line=on_line, cancel=cancel)
    assert not psutil.pid_exists(pids[0]) or psutil.Process(pids[0]).status() == psutil.STATUS_ZOMBIE


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="process groups")
def test_a_child_left_behind_does_not_hold_the_end_up():
    own = OwnTime()
    done = run(_FAMILY.format(end=""))
    assert done.code == 0
    assert own.seconds < 50, "the child sleeps for 60 s with the output open"
    pid = int(done.lines[0])
    deadline = time.monotonic() + 5
    while psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.mark.slow
def test_the_last_words_are_heard_though_the_tool_had_been_silent_and_is_gone(monkeypatch):
    """As after a long link: what was printed at the end is still on its way when the end is seen."""
    monkeypatch.setattr("n6studio.board.vendor.process._GRACE_SECONDS", 3.0)
    later = "import time; time.sleep(0.4); print('RAM: 1 KB 2 KB 50.00%')"
    done = run(
        "import subprocess, sys, time; print('linking'); time.sleep(3.3);"
        f"subprocess.Popen([sys.executable, '-S', '-c', {later!r}])"
    )
    assert done.lines == ("linking", "RAM: 1 KB 2 KB 50.00%")


def test_what_an_outer_make_left_does_not_leak(monkeypatch):
    for name in ("MAKEFLAGS", "MAKELEVEL", "CFLAGS", "RM", "OPT"):
        monkeypatch.setenv(name, "x")
    monkeypatch.setenv("MAKER_KEPT", "x")
    monkeypatch.setenv("OPTIONAL", "x")
    kept = clean_environment({"ADDED": "y"})
    assert not {"MAKEFLAGS", "MAKELEVEL", "CFLAGS", "RM", "OPT"} & set(kept)
    assert kept["OPTIONAL"] == "x"
    assert kept["ADDED"] == "y"


def test_a_log_that_cannot_be_written_is_told(tmp_path, tiny_disk):
    (tmp_path / "folder").mkdir()
    with pytest.raises(NotWritable):
        run("print(1)", log=tmp_path / "folder")
    with pytest.raises(DiskFull):
        run("print('x' * 500_000)", log=tiny_disk / "log")


# --- places ----------------------------------------------------------------------------------------------------------


def test_names_that_tools_can_be_trusted_with(tmp_path, monkeypatch):
    assert is_plain(tmp_path / "a_b-c.1")
    assert not is_plain(tmp_path / "a b")
    assert not is_plain(tmp_path / "ä")
    assert not is_plain(tmp_path / "$HOME")
    assert not is_plain(tmp_path / ("x" * 200))
    assert plain_name("mö del (1)") == "m_del_1"
    assert plain_name("???") == "model"
    folder = tmp_path / "here"
    folder.mkdir()
    (folder / "old").write_text("")
    assert working_folder(folder, "tool") == folder
    assert list(folder.iterdir()) == []
    elsewhere = working_folder(tmp_path / "mit Lücke", "tool")
    assert is_plain(elsewhere)
    elsewhere.rmdir()
    odd = tmp_path / "Temporäres"
    odd.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(odd))
    elsewhere = working_folder(tmp_path / "mit Lücke", "tool")
    assert is_plain(elsewhere)
    elsewhere.rmdir()
    monkeypatch.setattr("n6studio.board.vendor.folders.plain_places", lambda: (odd,))
    with pytest.raises(ToolPathUnsafe):
        working_folder(tmp_path / "mit Lücke", "tool")
    assert list(odd.iterdir()) == []


@pytest.mark.slow
def test_a_line_is_shown_while_it_grows_and_counts_as_a_word():
    seen, bar = [], "1" + 15 * "." + "%"
    code = f"import sys, time; [(sys.stdout.write(c), sys.stdout.flush(), time.sleep(.25)) for c in {bar!r}]; print()"
    done = run(code, silence=3.5, on_growing=seen.append)
    assert seen[0].startswith("1")
    assert len(seen) > 1
    assert done.lines == (bar,)


def test_a_character_cut_in_two_is_put_together():
    code = (
        r"import sys, time; o = sys.stdout.buffer; o.write(b'a\xe2\x96'); o.flush(); time.sleep(.3);"
        r"o.write(b'\x88b\r'); o.flush(); time.sleep(.3); o.write(b'\nc\xff'); o.flush()"
    )
    done = run(code)
    assert done.lines == ("a\u2588b", "c\ufffd")


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
    with pytest.raises(ToolLibraryMissing) as caught:
        run(f"import sys; print('tool: {text}'); sys.exit(127)")
    assert "libQt6Core" in caught.value.values["reason"]
