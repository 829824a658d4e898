import ast
import errno
import json
import os
import signal
import subprocess
import sys
import threading
import venv
from pathlib import Path

import pytest
from longest import LONGEST_FIRST
from own_time import OwnTime

ROOT = Path(__file__).resolve().parents[2]

posix_only = pytest.mark.skipif(os.name == "nt", reason="a matter of POSIX")


def run(root, *arguments, **more):
    clean = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return subprocess.run(
        [sys.executable, str(root / "bootstrap.py"), *arguments],
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=False,
        **{"cwd": root, "env": dict(clean, PYTHONUTF8="1"), **more},
    )


def make_ready(bootstrap, root):
    """Give a tree an environment that looks finished: a real one, only without pip and packages."""
    folder = root / ".venv"
    venv.create(folder, with_pip=False)
    site = next(folder.glob("lib/python*/site-packages"), folder / "Lib" / "site-packages")
    (site / "tree.pth").write_text(str(root))
    for kind in ("base", "run"):
        bootstrap.write_mark(root, folder, kind)
    return folder


# --- which Python ----------------------------------------------------------------------------------------------------


def test_parses_with_the_oldest_python_that_must_be_told():
    ast.parse((ROOT / "bootstrap.py").read_text(encoding="utf-8"), feature_version=(3, 8))


@pytest.mark.parametrize(
    ("version", "pointer", "word"),
    [
        ((3, 11), 8, ""),
        ((3, 12), 8, ""),
        ((3, 13), 8, ""),
        ((3, 10), 8, "3.10"),
        ((3, 14), 8, "3.14"),
        ((3, 12), 4, "32-bit"),
    ],
)
def test_judges_a_python(bootstrap, version, pointer, word):
    reason = bootstrap.unfit_reason(version, pointer)
    assert (word in reason) if word else not reason


def test_takes_the_first_python_that_really_answers(bootstrap, tmp_path):
    shim = tmp_path / "python3.12"
    shim.write_text("#!/bin/sh\nexit 127\n")
    shim.chmod(0o755)
    commands = [[str(tmp_path / "not there")], [str(shim)], [sys.executable]]
    assert bootstrap.find_other_python(commands) == [sys.executable]
    assert bootstrap.find_other_python(commands[:2]) is None


@pytest.mark.parametrize(("system", "word"), [("Windows", "py -3.12"), ("Darwin", "brew"), ("Linux", "apt")])
def test_says_which_python_to_install(bootstrap, monkeypatch, system, word):
    monkeypatch.setattr(bootstrap.platform, "system", lambda: system)
    message = bootstrap.wrong_python_message("it is Python 3.9")
    assert word in message
    assert "3.11 to 3.13" in message
    assert "it is Python 3.9" in message


def test_wrong_python_ends_with_the_message_when_there_is_no_other(bootstrap, monkeypatch):
    monkeypatch.setattr(bootstrap, "unfit_reason", lambda *_: "it is Python 3.9")
    monkeypatch.setattr(bootstrap, "candidates", lambda: [])
    monkeypatch.setattr(bootstrap, "python_of_uv", lambda folder, reason: None)
    with pytest.raises(bootstrap.SetUpFailed, match=r"it is Python 3\.9"):
        bootstrap.ensure_python([])


@posix_only
def test_wrong_python_hands_over_to_a_fitting_one(bootstrap, monkeypatch):
    started = []
    monkeypatch.setattr(bootstrap, "unfit_reason", lambda version, pointer: "" if started else "it is Python 3.9")
    monkeypatch.setattr(bootstrap, "find_other_python", lambda _: ["/opt/python3.12"])
    monkeypatch.setattr(bootstrap, "run_and_wait", lambda command, environment: started.append(command) or 0)
    assert bootstrap.ensure_python(["run", "my model.pt"]) == 0
    assert started == [["/opt/python3.12", str(ROOT / "bootstrap.py"), "run", "my model.pt"]]


def test_does_not_look_for_another_python_for_ever(bootstrap, monkeypatch):
    monkeypatch.setenv("N6STUDIO_BOOTSTRAP_AGAIN", "1")
    monkeypatch.setattr(bootstrap, "unfit_reason", lambda *_: "it is a 32-bit Python")
    monkeypatch.setattr(bootstrap, "find_other_python", lambda _: pytest.fail("looked again"))
    with pytest.raises(bootstrap.SetUpFailed):
        bootstrap.ensure_python([])


# --- the mark --------------------------------------------------------------------------------------------------------


def test_marked_environment_is_ready_until_something_changes(bootstrap, tree):
    folder = make_ready(bootstrap, tree)
    assert bootstrap.is_ready(tree, folder, "run")
    assert not bootstrap.is_ready(tree, folder, "test")
    assert not bootstrap.must_be_new(tree, folder)
    constraints = tree / "packaging" / "base.txt"
    constraints.write_text(constraints.read_text() + "another==1.0\n")
    assert not bootstrap.is_ready(tree, folder, "run")
    assert not bootstrap.must_be_new(tree, folder)  # pip can bring it up to date


def test_line_ends_of_a_checkout_are_no_change(bootstrap, tree):
    before = bootstrap.wanted_mark(tree, tree / ".venv", "run")
    path = tree / "pyproject.toml"
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert bootstrap.wanted_mark(tree, tree / ".venv", "run") == before


def test_half_written_mark_is_none(bootstrap, tree):
    folder = make_ready(bootstrap, tree)
    mark = folder / "n6studio-run.json"
    mark.write_text(mark.read_text()[:20])
    assert not bootstrap.is_ready(tree, folder, "run")


@pytest.mark.parametrize(
    ("spoil", "word"),
    [
        (lambda folder: (folder / "n6studio-unfinished").touch(), "interrupted"),
        (lambda folder: [path.unlink() for path in (folder / "bin").glob("python*")], "gone"),
        (lambda folder: change_mark(folder, "folder", "/elsewhere"), "another folder"),
        (lambda folder: change_mark(folder, "python", "3.9"), "another Python"),
    ],
)
@posix_only
def test_environment_that_cannot_be_mended_is_made_anew(bootstrap, tree, spoil, word):
    folder = make_ready(bootstrap, tree)
    spoil(folder)
    assert word in bootstrap.must_be_new(tree, folder)


def change_mark(folder, name, value):
    path = folder / "n6studio-base.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), name: value}))


def test_emptying_keeps_the_lock_and_the_log(bootstrap, tree):
    folder = make_ready(bootstrap, tree)
    for name in ("bootstrap.lock", "bootstrap.log"):
        (folder / name).touch()
    bootstrap.empty(folder, keep=("bootstrap.lock", "bootstrap.log"))
    assert sorted(path.name for path in folder.iterdir()) == ["bootstrap.lock", "bootstrap.log"]


@pytest.mark.parametrize("step", ["empty", "make_environment", "get_layer", "pip"])
def test_set_up_interrupted_at_any_step_is_begun_anew(bootstrap, tree, monkeypatch, step):
    folder = make_ready(bootstrap, tree)
    real_empty = bootstrap.empty

    def interrupt(*arguments, **more):
        if step == "empty":
            (folder / "pyvenv.cfg").unlink()  # as far as it came
        raise KeyboardInterrupt

    monkeypatch.setattr(bootstrap, "ensure_system_packages", lambda log: None)
    monkeypatch.setattr(bootstrap, "make_environment", lambda folder: None)
    monkeypatch.setattr(bootstrap, "get_layer", lambda *_: None)
    monkeypatch.setattr(bootstrap, step, interrupt)
    with pytest.raises(KeyboardInterrupt):
        bootstrap.set_up(tree, folder, "run", repair=True)
    assert "interrupted" in bootstrap.must_be_new(tree, folder)
    monkeypatch.setattr(bootstrap, "empty", real_empty)
    monkeypatch.setattr(bootstrap, "make_environment", lambda folder: venv.create(folder, with_pip=False))
    monkeypatch.setattr(bootstrap, "pip", lambda *_: None)
    monkeypatch.setattr(bootstrap, "get_layer", lambda *_: None)
    bootstrap.set_up(tree, folder, "run")
    assert bootstrap.is_ready(tree, folder, "run")


def test_window_stays_ready_where_the_conversion_layer_fails(bootstrap, tree, monkeypatch):
    folder = make_ready(bootstrap, tree)
    (folder / "n6studio-run.json").unlink()

    def fail(*_):
        raise bootstrap.SetUpFailed("no network")

    monkeypatch.setattr(bootstrap, "get_layer", fail)
    with pytest.raises(bootstrap.SetUpFailed):
        bootstrap.set_up(tree, folder, "run")
    assert bootstrap.is_ready(tree, folder, "base")
    assert not bootstrap.is_ready(tree, folder, "run")
    assert not bootstrap.must_be_new(tree, folder)


@pytest.mark.parametrize(("words", "display", "kind"), [
    ([], True, "base"), ([], False, "run"), (["demo"], True, "run"), (["demo", "--help"], True, "base"),
    (["inspect", "x.tflite"], False, "base"), (["test", "-q"], False, "test"), (["best.pt"], True, "base"),
])  # fmt: skip
def test_takes_the_layers_that_are_needed(bootstrap, words, display, kind):
    assert bootstrap.kind_of(words, display) == kind


def test_commands_that_convert_are_known(bootstrap):
    from n6studio.cli.registry import commands
    from n6studio.stages.registry import STAGES

    converting = {name for name, stage in STAGES.items() if stage.converts and name in commands()}
    assert set(bootstrap.CONVERTING) == converting | {"run", "demo"}


def test_layer_process_that_fails_is_told_in_its_own_words(bootstrap, tree):
    folder = tree / ".venv"
    venv.create(folder, with_pip=False)
    (tree / "n6studio" / "layers.py").write_text(
        "import json, sys\nprint('no message')\n"
        "print(json.dumps({'step': 'download', 'done': 1, 'total': 2, 'left': 9}))\n"
        "print(json.dumps({'ended': 'failed', 'text': 'The index ' + sys.argv[2] + ' is silent'}))\nsys.exit(4)\n"
    )
    with pytest.raises(bootstrap.SetUpFailed, match="The index base is silent"):
        bootstrap.get_layer(tree, folder, "base")


def test_python_of_uv_is_taken_where_it_was_got_before(bootstrap, tmp_path, monkeypatch):
    monkeypatch.setattr(bootstrap.subprocess, "run", lambda *_, **__: pytest.fail("got it again"))
    python = tmp_path / "cpython-3.12.9-any" / ("python.exe" if os.name == "nt" else "bin/python3")
    python.parent.mkdir(parents=True)
    python.touch()
    assert bootstrap.python_of_uv(tmp_path, "it is Python 3.14") == [str(python)]


def test_uv_is_pinned_with_digests(bootstrap):
    line = bootstrap.pinned("uv", "conversion")
    assert line.startswith("uv==")
    assert line.count("--hash=sha256:") >= 4


def test_python_of_uv_that_cannot_be_got_is_none(bootstrap, tmp_path, monkeypatch, capsys):
    def fail(command, **_):
        raise OSError("no network")

    monkeypatch.setattr(bootstrap.subprocess, "run", fail)
    assert bootstrap.python_of_uv(tmp_path, "it is Python 3.14") is None
    told = capsys.readouterr().out
    assert "no network" in told
    assert "HTTPS_PROXY" in told


def test_failed_set_up_leaves_nothing_that_counts_as_ready(bootstrap, tree, monkeypatch):
    folder = make_ready(bootstrap, tree)
    monkeypatch.setattr(bootstrap, "ensure_system_packages", lambda log: None)

    def fail(*_):
        raise bootstrap.SetUpFailed("no network")

    monkeypatch.setattr(bootstrap, "get_layer", fail)
    (tree / "pyproject.toml").write_text("[project]\nname = 'changed'\n")
    with pytest.raises(bootstrap.SetUpFailed):
        bootstrap.set_up(tree, folder, "run")
    assert not bootstrap.is_ready(tree, folder, "run")
    assert "interrupted" in bootstrap.must_be_new(tree, folder)


def test_finished_set_up_is_ready_for_what_was_asked(bootstrap, tree, monkeypatch):
    folder = make_ready(bootstrap, tree)
    bootstrap.forget_marks(folder)
    asked = []
    monkeypatch.setattr(bootstrap, "ensure_system_packages", lambda log: None)
    monkeypatch.setattr(bootstrap, "pip", lambda root, folder, arguments: asked.append(arguments[-1]))
    monkeypatch.setattr(bootstrap, "get_layer", lambda root, folder, name: asked.append(name))
    bootstrap.set_up(tree, folder, "test")
    assert bootstrap.is_ready(tree, folder, "test")
    assert bootstrap.is_ready(tree, folder, "run")
    setuptools, lists = str(folder / "setuptools.txt"), str(Path("packaging") / "develop.txt")
    assert asked == ["base", setuptools, ".", "conversion", "media", lists]
    assert Path(setuptools).read_text(encoding="utf-8").startswith("setuptools==")
    bootstrap.set_up(tree, folder, "test")
    assert len(asked) == 6  # everything once


# --- the lock --------------------------------------------------------------------------------------------------------


def test_second_bootstrap_waits_and_says_so(bootstrap, tree, monkeypatch):
    folder = tree / ".venv"
    code = (
        "import importlib.util, pathlib, sys, time\n"
        "spec = importlib.util.spec_from_file_location('b', sys.argv[1])\n"
        "b = importlib.util.module_from_spec(spec); spec.loader.exec_module(b)\n"
        "with b.only_one(pathlib.Path(sys.argv[2])):\n"
        "    print('held', flush=True); sys.stdin.read(); print('over', flush=True)\n"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", code, str(ROOT / "bootstrap.py"), str(folder)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert holder.stdout.readline().strip() == "held"
    told = []

    def said(text):
        told.append(text)
        holder.stdin.close()  # it is held until this is said

    monkeypatch.setattr(bootstrap, "say", said)
    with bootstrap.only_one(folder):
        assert len(told) == 1, "it waited"
        assert holder.stdout.readline().strip() == "over"
    assert holder.wait() == 0
    assert "Another bootstrap" in told[0]


@posix_only
def test_lock_of_a_killed_bootstrap_is_free(bootstrap, tree, capsys):
    folder = tree / ".venv"
    code = (
        "import importlib.util, pathlib, sys, time\n"
        "spec = importlib.util.spec_from_file_location('b', sys.argv[1])\n"
        "b = importlib.util.module_from_spec(spec); spec.loader.exec_module(b)\n"
        "with b.only_one(pathlib.Path(sys.argv[2])):\n"
        "    print('held', flush=True); time.sleep(60)\n"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", code, str(ROOT / "bootstrap.py"), str(folder)], stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout.readline().strip() == "held"
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    with bootstrap.only_one(folder):
        pass
    assert "Another" not in capsys.readouterr().out


# --- system packages -------------------------------------------------------------------------------------------------


def test_missing_packages_are_those_that_dpkg_does_not_have(bootstrap):
    names = list(bootstrap.DEBIAN_PACKAGES)
    assert bootstrap.missing_debian_packages(names) == []
    assert bootstrap.missing_debian_packages(names[1:]) == names[:1]
    renamed = [name.replace("libglib2.0-0", "libglib2.0-0t64") for name in names]
    assert bootstrap.missing_debian_packages(renamed) == []


def test_reads_dpkg_of_this_machine(bootstrap):
    installed = bootstrap.installed_debian_packages()
    if installed is None:
        pytest.skip("no Debian")
    assert set(bootstrap.missing_debian_packages(installed)) <= set(bootstrap.DEBIAN_PACKAGES)


def test_elsewhere_system_packages_are_named_and_the_set_up_goes_on(bootstrap, monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(bootstrap, "installed_debian_packages", lambda: None)
    monkeypatch.setattr(bootstrap.platform, "system", lambda: "Linux")
    bootstrap.ensure_system_packages(tmp_path / "log")
    assert "yours to install" in capsys.readouterr().out


@posix_only
def test_without_sudo_the_command_is_named(bootstrap, monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(bootstrap, "installed_debian_packages", list)
    monkeypatch.setattr(bootstrap.os, "geteuid", lambda: 1000)
    monkeypatch.setattr(bootstrap.shutil, "which", lambda name: None)
    monkeypatch.setattr(bootstrap.subprocess, "call", lambda *_, **__: pytest.fail("ran something"))
    bootstrap.ensure_system_packages(tmp_path / "log")
    assert "sudo apt-get install libegl1" in capsys.readouterr().out


@posix_only
@pytest.mark.parametrize("how", ["refused", "interrupted"])
def test_declined_system_packages_do_not_stop_the_set_up(bootstrap, monkeypatch, tmp_path, capsys, how):
    monkeypatch.setattr(bootstrap, "installed_debian_packages", list)
    monkeypatch.setattr(bootstrap.os, "geteuid", lambda: 1000)
    monkeypatch.setattr(bootstrap.shutil, "which", lambda name: "/usr/bin/" + name)
    ran = []

    def call(command, **_):
        ran.append(command)
        if how == "interrupted":
            raise KeyboardInterrupt
        return 1

    monkeypatch.setattr(bootstrap.subprocess, "call", call)
    bootstrap.ensure_system_packages(tmp_path / "log")
    assert ran[0][0] == "sudo"
    assert "commands work without" in capsys.readouterr().out


# --- what went wrong, in words ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("output", "code", "words"),
    [
        ("ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device", 1, "enough room"),
        (
            "NewConnectionError: Failed to establish a new connection: [Errno -3]",
            1,
            "network",
        ),
        (
            "WARNING: Retrying ... ReadTimeoutError(...)\nERROR: No matching distribution found for setuptools",
            1,
            "network",
        ),
        ("SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED]'))", 1, "certificate"),
        ("ERROR: No matching distribution found for torch==2.13.0", 1, "does not exist for this machine"),
        ("PermissionError: [Errno 13] Permission denied: '/x/bin/ruff'", 1, "cannot be written"),
        ("", -9, "memory"),
        ("one\ntwo\nERROR: ResolutionImpossible", 1, "ResolutionImpossible"),
    ],
)
def test_pip_failure_is_explained(bootstrap, tmp_path, output, code, words):
    message = bootstrap.explain(output, code, tmp_path)
    assert words in message
    assert "\n" in message  # a cause, and what to do


@pytest.mark.slow
def test_real_pip_without_network_is_explained(bootstrap, tree, monkeypatch):
    folder = tree / ".venv"
    venv.create(folder, with_pip=True)
    for name in list(os.environ):
        if name.startswith("PIP_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")  # nobody listens there
    for retries in ("0", "1"):  # pip words it differently
        monkeypatch.setenv("PIP_RETRIES", retries)
        with pytest.raises(bootstrap.SetUpFailed, match="network cannot be reached"):
            bootstrap.pip(tree, folder, ["setuptools>=80"])
    assert (folder / "bootstrap.log").stat().st_size


def test_full_disk_is_told_with_both_sizes(bootstrap, tree, monkeypatch):
    usage = bootstrap.shutil.disk_usage(tree)._replace(free=1_500_000_000)
    monkeypatch.setattr(bootstrap.shutil, "disk_usage", lambda path: usage)
    with pytest.raises(bootstrap.SetUpFailed, match=r"1\.5 GB are free.*needs about \d GB"):
        bootstrap.set_up(tree, tree / ".venv", "run")


@pytest.mark.parametrize(
    ("error", "words"),
    [(OSError(errno.ENOSPC, "no space"), "enough room"), (PermissionError(13, "denied"), "cannot write")],
)
def test_errors_of_our_own_writing_are_explained(bootstrap, monkeypatch, capsys, error, words):
    def fail(*_):
        raise error

    monkeypatch.setattr(bootstrap, "is_ready", lambda *_: False)
    monkeypatch.setattr(bootstrap, "set_up", fail)
    assert bootstrap.main([]) == 4
    assert words in capsys.readouterr().out


def test_heartbeat_says_what_is_going_on(bootstrap, capsys):
    heart = bootstrap.Heartbeat(seconds=0.0)
    heart.line("Collecting torch==2.13.0 (from -r x)")
    heart.beat()
    heart.line("  Downloading torch-2.13.0-cp311-cp311-manylinux_2_28_x86_64.whl (899.8 MB)")
    heart.beat()
    heart.line("Installing collected packages: a, b, c")
    heart.beat()
    first, second, third = capsys.readouterr().out.splitlines()
    assert "looking for torch" in first
    assert "downloading torch (899.8 MB)" in second
    assert "unpacking 3 packages" in third


# --- starting --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("system", "variables", "shown"),
    [
        ("Windows", {}, True),
        ("Darwin", {}, True),
        ("Linux", {}, False),
        ("Linux", {"DISPLAY": ""}, False),
        ("Linux", {"DISPLAY": ":0"}, True),
        ("Linux", {"WAYLAND_DISPLAY": "wayland-0"}, True),
    ],
)
def test_knows_whether_a_window_can_be_shown(bootstrap, system, variables, shown):
    assert bootstrap.has_display(system, variables) == shown


def test_starts_the_window_only_where_both_it_and_a_screen_exist(bootstrap, tree):
    demo = bootstrap.program_arguments(tree, [], display=True)
    assert demo[-1] == "demo"
    (tree / "n6studio" / "app.py").touch()
    assert bootstrap.program_arguments(tree, [], display=True) == ["-P", "-m", "n6studio"]
    assert bootstrap.program_arguments(tree, [], display=False) == demo
    assert bootstrap.program_arguments(tree, ["doctor", "--json"], display=True)[-2:] == ["doctor", "--json"]


def test_passes_arguments_and_the_exit_code_through(bootstrap, tree, tmp_path):
    make_ready(bootstrap, tree)
    elsewhere = tmp_path / "work here"
    elsewhere.mkdir()
    done = run(tree, "run", "my model.pt", "--imgsz", "192", "", "ä", cwd=elsewhere)
    assert done.returncode == 7, done.stdout + done.stderr
    assert str(elsewhere) in done.stderr
    assert "['n6studio', 'run', 'my model.pt', '--imgsz', '192', '', 'ä']" in done.stderr


def test_module_lying_in_the_working_folder_is_not_imported(bootstrap, tree, tmp_path):
    make_ready(bootstrap, tree)
    (tmp_path / "n6studio.py").write_text("raise SystemExit('taken from the wrong place')")
    assert run(tree, "doctor", cwd=tmp_path).returncode == 7


def test_later_start_takes_less_than_a_second(bootstrap, tree):
    make_ready(bootstrap, tree)
    times = []
    for _ in range(3):
        own = OwnTime()
        assert run(tree, "doctor").returncode == 7
        times.append(own.seconds)
    assert min(times) < 1.0


def test_help_needs_no_set_up(tree):
    done = run(tree, "--help")
    assert done.returncode == 0
    assert "bootstrap.py test" in done.stdout
    assert "bootstrap.py mutate" in done.stdout
    assert not (tree / ".venv").exists()


# --- testing ---------------------------------------------------------------------------------------------------------


def test_quick_tests_run_before_slow_ones(bootstrap):
    (quick, quick_words), (slow, slow_words) = bootstrap.test_runs(["-k", "x"])
    assert (quick, quick_words[:3], quick_words[-2:]) == ("quick tests", ["-m", "not slow", "-n"], ["-k", "x"])
    assert (slow, slow_words[:3], slow_words[-2:]) == ("slow tests", ["-m", "slow", "-n"], ["-k", "x"])
    assert int(quick_words[3]) >= int(slow_words[3]) > 0
    in_order = "--no-loadscope-reorder"
    assert (in_order in quick_words, in_order in slow_words) == (False, True), "the longest files begin"
    assert bootstrap.test_runs(["-m", "slow"]) == [("tests", ["-m", "slow"])]


@pytest.mark.parametrize(
    ("cores", "memory", "slow"), [(2, 23, 3), (2, 8, 2), (2, 2, 1), (1, 16, 2), (8, 64, 6), (8, 16, 5)]
)
def test_slow_tests_have_room_beside_each_other(bootstrap, cores, memory, slow):
    assert bootstrap.slow_side_by_side(cores, memory) == slow
    assert bootstrap.memory_gb() > 0


def test_every_file_that_shall_begin_is_there():
    assert [name for name in LONGEST_FIRST if not (ROOT / "tests" / name).is_file()] == []


def report_of(folder):
    """Return the report that pytest writes of a folder's tests."""
    report = folder / "report.xml"
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", str(folder), str(folder)]
    written = ["-o", "junit_family=xunit1", "--junitxml", str(report)]
    subprocess.run([*command, *written], stdout=subprocess.DEVNULL, check=False, cwd=folder)
    return report


def test_counts_what_pytest_reports(bootstrap, tmp_path):
    (tmp_path / "test_all.py").write_text(
        "import pytest\n"
        "def test_good(): pass\n"
        "def test_bad(): assert False\n"
        "def test_left_out(): pytest.skip('why')\n"
        "@pytest.fixture\n"
        "def broken(): raise ValueError\n"
        "def test_error(broken): pass\n"
    )
    report = report_of(tmp_path)
    assert bootstrap.count_tests(report) == (1, 2, 1)
    assert bootstrap.skip_reasons(report) == ["why"]
    assert bootstrap.count_tests(tmp_path / "none.xml") == (0, 0, 0)
    assert bootstrap.skip_reasons(tmp_path / "none.xml") == []


def test_the_summary_says_why_tests_were_skipped(bootstrap):
    assert bootstrap.told_reasons([]) == ""
    told = bootstrap.told_reasons(["no compiler", "no images", "no images"])
    assert told.splitlines()[1:] == ["     2 skipped: no images", "     1 skipped: no compiler"]


@pytest.mark.parametrize(
    ("codes", "expected", "closing"),
    [
        ({}, 0, "2 passed, 0 failed, 0 skipped"),
        ({"quick": 1}, 1, "2 passed"),
        ({"slow": 5}, 0, "2 passed"),
        ({"mypy": 1}, 1, "Stopped: 'mypy' failed with exit code 1; no test was run."),
        ({"ruff": 2, "importlinter": 1}, 2, "Stopped: 'ruff check', 'ruff format', 'lint-imports' failed"),
    ],
)
def test_exit_code_and_summary_of_a_test_run(bootstrap, tree, monkeypatch, capsys, codes, expected, closing):
    ran, counting = [], threading.Lock()

    def call(command, **_):
        words = " ".join(command)
        name = next(key for key in ("not slow", "slow", "mypy", "ruff", "importlinter", "collect") if key in words)
        name = {"not slow": "quick"}.get(name, name)
        with counting:
            ran.append(name)
        return codes.get(name, 0)

    def run(command, **_):
        code = call(command)
        return subprocess.CompletedProcess(command, code, f"this is {command[-1]}\n".encode())

    monkeypatch.setattr(bootstrap.subprocess, "call", call)
    monkeypatch.setattr(bootstrap.subprocess, "run", run)
    monkeypatch.setattr(bootstrap, "count_tests", lambda report: (1, 0, 0))
    assert bootstrap.run_tests(tree, tree / ".venv", []) == expected
    told = capsys.readouterr().out
    assert closing in told
    titles = [line[4:] for line in told.splitlines() if line.startswith("=== ")]
    tests = [] if "Stopped" in closing else ["quick tests", "slow tests"]
    assert titles == ["ruff check", "ruff format", "mypy", "lint-imports", *tests, "summary"]
    assert "=== mypy\nthis is bootstrap.py\n" in told
    assert sorted(ran[:5]) == ["collect", "importlinter", "mypy", "ruff", "ruff"]
    assert ran[5:] == [title.split()[0] for title in tests]


FAILING = """
import pathlib, pytest
class TestInner:
    @pytest.mark.parametrize("word", ["a-b", "c.d"])
    def test_kept(self, word): assert word == "a-b"
def test_good(): pass
@pytest.fixture
def untidy():
    yield
    raise ValueError
def test_twice(untidy): assert False
def test_second_time():
    seen = pathlib.Path(__file__).with_name("seen")
    again = seen.exists()
    seen.touch()
    assert again
"""


def test_failed_tests_are_named_as_pytest_takes_them(bootstrap, tmp_path):
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "test_all.py").write_text(FAILING)
    file = "deep/test_all.py"
    names = [f"{file}::TestInner::test_kept[c.d]", f"{file}::test_twice", f"{file}::test_second_time"]
    assert bootstrap.failed_tests(report_of(tmp_path)) == names
    assert bootstrap.failed_tests(tmp_path / "none.xml") == []
    environment = dict(os.environ)
    assert bootstrap.pass_alone(sys.executable, tmp_path, environment, names[2:])
    assert not bootstrap.pass_alone(sys.executable, tmp_path, environment, names)
    assert not bootstrap.pass_alone(sys.executable, tmp_path, environment, [])
    assert not bootstrap.pass_alone(sys.executable, tmp_path, environment, names[2:] * (bootstrap.MOST_AGAIN + 1))


@pytest.mark.parametrize(("second", "expected", "counts"), [(0, 0, "8 passed, 0 failed"), (1, 1, "7 passed, 1 failed")])
def test_a_test_that_fails_beside_others_runs_once_more_alone_and_is_told(
    bootstrap, tree, monkeypatch, capsys, second, expected, counts
):
    calls = []

    def call(command, **_):
        calls.append(command)
        return second if "a.py::test_b" in command else int("not slow" in command)

    monkeypatch.setattr(bootstrap.subprocess, "call", call)
    monkeypatch.setattr(bootstrap.subprocess, "run", lambda command, **_: subprocess.CompletedProcess(command, 0, b""))
    monkeypatch.setattr(bootstrap, "count_tests", lambda report: (3, 1, 0) if "quick" in report.name else (4, 0, 0))
    monkeypatch.setattr(bootstrap, "failed_tests", lambda report: ["a.py::test_b"])
    assert bootstrap.run_tests(tree, tree / ".venv", []) == expected
    told = capsys.readouterr().out
    assert f"{counts}, 0 skipped" in told
    assert ("unsteady, failed beside others and passed alone: a.py::test_b" in told) == (second == 0)
    assert sum("a.py::test_b" in command for command in calls) == 1


def test_no_test_at_all_is_a_failure(bootstrap, tree, monkeypatch):
    commands = []

    def run(command, **_):
        commands.append(command)
        return subprocess.CompletedProcess(command, 0, b"")

    monkeypatch.setattr(bootstrap.subprocess, "run", run)
    monkeypatch.setattr(bootstrap.subprocess, "call", lambda command, **_: 5)
    assert bootstrap.run_tests(tree, tree / ".venv", ["-k", "nothing"]) == 5
    assert len(commands) == 4, "of a few tests, not all files are prepared"


def test_mutants_are_run_with_the_tests_in_the_path(bootstrap, tree, monkeypatch):
    monkeypatch.setattr(bootstrap, "ROOT", tree)
    monkeypatch.setattr(bootstrap, "ensure_python", lambda arguments: None)
    monkeypatch.setattr(bootstrap, "is_ready", lambda root, folder, kind: kind == "test")
    called = []
    monkeypatch.setattr(bootstrap.subprocess, "call", lambda command, env: called.append((command, env)) or 1)
    assert bootstrap.main(["mutate", "n6studio/a.py"]) == 1
    ((command, environment),) = called
    assert command[1:] == ["-m", "mutation", "n6studio/a.py"]
    assert environment["PYTHONPATH"] == str(tree / "tests")


@posix_only
def test_ci_script_is_sound_bash():
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    assert subprocess.run(["bash", "-n", str(script)], check=False).returncode == 0
