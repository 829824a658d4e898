"""Options, settings and output of the command line."""

import argparse
import json
import subprocess
import sys

import pytest
from builders import PROGRAM, assert_told, n6, program_environment

from n6studio.cli.command import chosen_settings
from n6studio.cli.commands.settings import settings_classes, settings_table
from n6studio.cli.parser import build_parser
from n6studio.cli.progress import Progress
from n6studio.cli.registry import commands
from n6studio.domain.messages import Hello, Progressed, StepBegan, Warned


class Screen:
    """A stream that keeps what is written."""

    def __init__(self, terminal):
        self.terminal, self.text = terminal, ""

    def isatty(self):
        return self.terminal

    def write(self, text):
        self.text += text

    def flush(self):
        pass

    @property
    def line(self):
        """What the last line shows when every carriage return has done its work."""
        shown = ""
        for part in self.text.rpartition("\n")[2].split("\r"):
            shown = part + shown[len(part) :]
        return shown


STEP = StepBegan("calibrate", 2, 5)


def progress_of(done, total=10):
    return Progressed(done, total, "images")


# --- progress --------------------------------------------------------------------------------------------------------


def test_terminal_is_redrawn_in_place(monkeypatch):
    screen, clock = Screen(True), [100.0]
    monkeypatch.setattr("time.monotonic", lambda: clock[0])
    progress = Progress(out=screen)
    progress(STEP)
    assert screen.line.rstrip() == "[2/5] calibrate"
    clock[0] += 2
    progress(progress_of(4))
    assert screen.line.rstrip() == "[2/5] calibrate  4 of 10 images, 2.0 images/s, 3 s left"
    clock[0] += 100
    progress(progress_of(5, 1000))
    assert "min" in screen.line
    progress(Warned("mind the gap"))
    assert screen.text.endswith("Warning: mind the gap\n")
    progress(STEP)
    progress.clear()
    assert screen.line.strip() == ""
    assert screen.text.count("\n") == 1


def test_shorter_text_leaves_nothing_of_the_longer():
    screen = Screen(True)
    progress = Progress(out=screen)
    progress(StepBegan("a very long name of a step", 2, 5))
    progress(StepBegan("short", 2, 5))
    assert screen.line.rstrip() == "[2/5] short"


def test_plain_output_gets_a_line_now_and_then(monkeypatch):
    screen, clock = Screen(False), [100.0]
    monkeypatch.setattr("time.monotonic", lambda: clock[0])
    progress = Progress(out=screen)
    progress(STEP)
    for done in range(1, 10):
        clock[0] += 2.5
        progress(progress_of(done))
    lines = screen.text.splitlines()
    assert lines[0] == "[2/5] calibrate"
    assert [line.partition("calibrate  ")[2].partition(" images")[0] for line in lines[1:]] == ["4 of 10", "8 of 10"]
    assert "\r" not in screen.text


def test_quiet_shows_warnings_only():
    screen = Screen(True)
    progress = Progress(quiet=True, out=screen)
    progress(STEP)
    progress(progress_of(1))
    progress.say("hidden")
    progress(Warned("mind the gap"))
    progress(Hello(1, "inspect", 1))
    assert screen.text == "Warning: mind the gap\n"


def test_progress_of_nothing():
    screen = Screen(True)
    progress = Progress(out=screen)
    progress(progress_of(0, 0))
    assert "0 images" in screen.text


# --- settings --------------------------------------------------------------------------------------------------------


def test_every_setting_has_an_option():
    table = settings_table()
    classes = settings_classes().values()
    assert len(table) == sum(len(settings.__dataclass_fields__) for settings in classes)
    parser = build_parser(commands().values())
    for row in table:
        assert row["help"]
        assert row["allowed"]
        command = {"data_check": "data"}.get(row["stage"], row["stage"].replace("_", "-"))
        helped = parser._subparsers._group_actions[0].choices[command].format_help()  # type: ignore[union-attr]
        assert row["flag"] in helped


def typed(*words):
    options = build_parser(commands().values()).parse_args([str(word) for word in words])
    return chosen_settings(options, options.command)


def test_only_what_was_typed_is_a_setting():
    assert typed("quantize", "m") == {}
    words = ("--fake", "--max-images", 4, "--head-precision", "int8", "--scale", 127.5, "--offset=-1", "--seed", 7)
    assert typed("quantize", "m", *words) == {
        "fake": True, "max_images": 4, "head": "int8", "scale": 127.5, "offset": -1.0, "seed": 7,
    }  # fmt: skip
    assert typed("quantize", "m", "--no-fake") == {"fake": False}
    assert typed("evaluate", "m", "--data", "d", "--skip-missing", "--no-with-ultralytics") == {
        "skip_missing": True,
        "with_ultralytics": False,
    }


@pytest.mark.parametrize("words", [["quantize", "m", "--hea", "int8"], ["quantize", "m", "--max-images", "x"], ["fly"]])
def test_usage(words, capsys):
    with pytest.raises(SystemExit) as caught:
        build_parser(commands().values()).parse_args(words)
    assert caught.value.code == 2
    assert "usage:" in capsys.readouterr().err


def test_without_a_command_the_help_appears(tmp_path):
    done = n6(cwd=tmp_path)
    assert done.code == 2
    assert "quantize" in done.out


@pytest.mark.parametrize(
    ("words", "name"),
    [
        (("quantize", ".", "--granularity", "per_layer", "--fake"), "granularity"),
        (("quantize", ".", "--input-type", "uint16", "--fake"), "input_type"),
        (("quantize", ".", "--scale", "0", "--fake"), "scale"),
        (("quantize", ".", "--scale", "inf", "--fake"), "scale"),
        (("quantize", ".", "--max-images=-1", "--fake"), "max_images"),
        (("quantize", ".", "--name", "../x", "--fake"), "name"),
        (("quantize", "."), "calibration"),
        (("quantize",), "MODEL"),
        (("evaluate", "m.tflite", "--data", ".", "--confidence", "2"), "confidence"),
        (("run", ".", "--set", "export.size=3"), "--set"),
        (("run", ".", "--set", "imgsz"), "--set"),
        (("run", ".", "--set", "export.imgsz=big"), "imgsz"),
        (("run", ".", "--set", "quantize.fake=maybe"), "fake"),
    ],
)
def test_impossible_settings(tmp_path, here, words, name):
    (tmp_path / "m.tflite").write_bytes(b"x")
    (tmp_path / "project.n6.yaml").write_text("schema: 1\nmodel: m.tflite\n")
    fields = assert_told(here(*words, "--json", cwd=tmp_path), "N6S-I04", 2)
    assert fields["name"] == name
    assert not list(tmp_path.glob("*_quant_*"))


def test_an_impossible_value_is_told_by_what_was_typed(tmp_path, here):
    (tmp_path / "m.tflite").write_bytes(b"x")
    (tmp_path / "d").mkdir()
    done = here("evaluate", "m.tflite", "--data", "d", "--max-images", "-1", cwd=tmp_path)
    assert done.err.startswith("Invalid value for --max-images: -1 [N6S-I04]")
    (tmp_path / "project.n6.yaml").write_text("schema: 1\nmodel: m.tflite\n")
    for entry, told in (
        ("kwantize.ranges=tuned", "where kwantize is no stage [N6S-I04]\n  Allowed: inspect, export,"),
        ("quantize.rangos=tuned", "where rangos is no setting of quantize [N6S-I04]\n  Allowed: granularity,"),
    ):
        assert told in here("run", ".", "--set", entry, cwd=tmp_path).err


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ("quantize: {ranges: nonsense}", "the settings of quantize have ranges: nonsense; allowed: auto,"),
        ("quantize: {rangos: tuned}", "the settings of quantize have setting: rangos; allowed: granularity,"),
        ("kwantize: {}", "the settings name a stage kwantize; there are inspect,"),
    ],
)
def test_what_is_wrong_in_a_project_is_told_with_its_file(tmp_path, here, settings, told):
    (tmp_path / "project.n6.yaml").write_text(f"schema: 2\nmodel: m.tflite\nsettings:\n  {settings}\n")
    fields = assert_told(here("run", ".", "--json", cwd=tmp_path), "N6S-P02", 3)
    assert fields["reason"].startswith(told)
    assert fields["path"].endswith("project.n6.yaml")


def test_project_file_stands_for_its_folder(tmp_path):
    (tmp_path / "project.n6.yaml").write_text("schema: 7\nmodel: best.pt\n")
    for target in (".", "project.n6.yaml"):
        assert_told(n6("run", target, "--json", cwd=tmp_path), "N6S-P05", 3)
    assert [path.name for path in tmp_path.iterdir()] == ["project.n6.yaml"]


def test_settings_as_json_and_text(tmp_path):
    data = n6("settings", "--json", cwd=tmp_path).data
    assert data["ok"] is True
    assert data["settings"] == json.loads(json.dumps(settings_table()))
    text = n6("settings", cwd=tmp_path).out
    assert "quantize.head = 'float'" in text
    assert "(--head; " in text


# --- output ----------------------------------------------------------------------------------------------------------


def test_reader_that_leaves_early(tmp_path):
    process = subprocess.Popen(
        [*PROGRAM, "settings"], cwd=tmp_path, env=program_environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    assert process.wait(30) == 0
    assert process.stderr.read() == b""
    process.stderr.close()


def test_name_that_the_terminal_cannot_show(tmp_path):
    done = n6("inspect", "größe \N{SNOWMAN}.pt", cwd=tmp_path, PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert_told(done, "N6S-I01", 3)
    assert "gr\\xf6\\xdfe" in done.err


def test_mistake_of_ours_is_told_without_a_traceback(tmp_path):
    code = (
        "import sys; from n6studio.cli import main; from n6studio.cli.commands import settings;"
        "settings.settings_table = lambda: 1 / 0;"
        "sys.exit(main(['settings']))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=program_environment(XDG_STATE_HOME=str(tmp_path), HOME=str(tmp_path)),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "n6studio.log" in done.stderr
    logs = list(tmp_path.rglob("n6studio.log"))
    assert "ZeroDivisionError" in logs[0].read_text()


def test_ctrl_c_outside_a_stage(tmp_path):
    code = (
        "import sys; from n6studio.cli import main; from n6studio.cli.commands import settings\n"
        "def run(): raise KeyboardInterrupt\n"
        "settings.settings_table = run; sys.exit(main(['settings', '--json']))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env=program_environment(), capture_output=True, text=True, check=False
    )
    assert done.returncode == 130
    assert "Traceback" not in done.stderr
    assert json.loads(done.stdout)["error"]["code"] == "N6S-X01"


def test_parser_takes_no_abbreviations():
    parser = build_parser(commands().values())
    assert isinstance(parser, argparse.ArgumentParser)
    with pytest.raises(SystemExit):
        parser.parse_args(["quantize", "m", "--gran", "per_tensor"])
