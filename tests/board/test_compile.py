"""The compiler's driver, against a stand-in that is a process and computes what it prints."""

import json
import os
import re
import threading
import time
from dataclasses import replace

import psutil
import pytest
from standins import stedgeai
from standins.small_tflite import write_pose_tflite

from n6studio.board.compiler.pairs import PAIRS
from n6studio.board.compiler.report import read_compile_report
from n6studio.board.compiler.stedgeai import CompileRequest, command_line, generate
from n6studio.board.registry import board as board_named
from n6studio.domain.errors.compiler import (
    CompilerFailed,
    CompilerInternalError,
    CompilerLayerUnsupported,
    CompilerOptionUnknown,
    CompilerOutOfMemory,
    CompilerOutputsMissing,
    CompilerRefusedModel,
    ReportContradicts,
    ReportUnreadable,
)
from n6studio.domain.errors.files import DiskFull
from n6studio.domain.errors.stages import Cancelled
from n6studio.domain.errors.tools import (
    PairMismatch,
    ToolMissing,
    ToolSilent,
    ToolTimeout,
)

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the stand-in is a shell script")
DISCOVERY, NUCLEO = board_named("stm32n6570-dk"), board_named("nucleo-n657x0-q")
BY_KEY = {pair.key: pair for pair in PAIRS}
RELEASE_OF = {
    "2.0": "getting-started-1.0",
    "2.1": "getting-started-2.0",
    "2.2": "getting-started-2.1",
    "4.0": "getting-started-2.3",
}


@pytest.fixture
def make_request(tmp_path):
    def make(release="2.1", pair="", board=DISCOVERY, model=None, size=64, **changes):
        program = stedgeai.install(tmp_path / "ST", release)
        path = model or write_pose_tflite(tmp_path / "pose.tflite", size)
        folder = tmp_path / "run"
        folder.mkdir(exist_ok=True)
        version = (*(int(part) for part in release.split(".")), 0)
        return CompileRequest(
            path, BY_KEY[pair or RELEASE_OF[release]], board, program, version, folder, **{"silence": 20, **changes}
        )

    return make


def silent(_part, _words):
    pass


@pytest.mark.parametrize("release", sorted(RELEASE_OF))
def test_every_release_compiles_and_its_two_reports_agree(make_request, release):
    request = make_request(release)
    told = []
    made = generate(request, lambda part, words: told.append((part, words)))
    report = made.report
    assert report.compiler == stedgeai.RELEASES[release][0].split()[0]
    assert made.runtime == stedgeai.RELEASES[release][1] == request.pair.compiler.ll_aton
    assert report.weights_address == 0x70380000
    assert report.weights_range[1] - report.weights_range[0] - report.weights_bytes in range(16)
    assert made.weights.stat().st_size == report.weights_bytes
    assert report.activations_bytes == 24 * 64 * 64
    assert report.macc > 0
    epochs = report.epochs
    assert (epochs.total, epochs.software, epochs.hybrid) == (epochs.hardware + 2, 1, 1)
    assert report.inputs[0].type == "uint8"
    assert report.outputs[0].type == ("float32" if request.pair.output_type == "float" else "int8")
    assert report.blobs_bytes > 0
    assert {path.name for path in made.sources} >= {"network.c", "network_ecblobs.h"}
    assert ("stai_network.c" in {path.name for path in made.sources}) == (release in ("2.2", "4.0"))
    assert (0.57, "Reading the model") in told
    assert not (request.folder / "stedgeai").exists()
    assert json.loads(made.c_info.read_text())["memory_footprint"]["weights"] == report.weights_bytes
    assert "stedgeai generate" in made.log.read_text()


@pytest.mark.parametrize("key", sorted(BY_KEY))
def test_every_pair_has_its_own_command_line(make_request, key):
    words = command_line(make_request(pair=key), "m.tflite", "p.json")
    assert words[:7] == ["generate", "--model", "m.tflite", "--target", "stm32n6", "--st-neural-art", "default@p.json"]
    rest = words[words.index("st_ai_ws") + 1 :]
    wanted = {
        "getting-started-1.0": [],
        "getting-started-2.0": ["--input-data-type", "uint8"],
        "multi-pose-1.0": ["--no-inputs-allocation", "--no-outputs-allocation"],
        "multi-pose-2.0": ["--no-inputs-allocation", "--no-outputs-allocation"],
    }
    assert rest == wanted.get(key, ["--input-data-type", "uint8", "--output-data-type", "int8"])


@pytest.mark.parametrize(
    ("trouble", "error", "fields"),
    [
        ("model", CompilerRefusedModel, {"reason": "Couldn't load Keras model, quantization_config is not known"}),
        ("ir_version", CompilerRefusedModel, {}),
        ("layer", CompilerLayerUnsupported, {"layer": "GRID_SAMPLE_7"}),
        ("internal", CompilerInternalError, {"reason": "list index out of range"}),
        ("printed_error", CompilerFailed, {}),
        ("missing", CompilerOutputsMissing, {"missing": "network_ecblobs.h"}),
        ("stale", CompilerOutputsMissing, {}),
        ("truncated", ReportUnreadable, {}),
        ("overwritten", ReportUnreadable, {}),
        ("other_run", ReportContradicts, {"second_value": "2.1.0-20000"}),
        ("wrong_address", ReportContradicts, {"first_value": "0x70380000", "second_value": "0x70390000"}),
        ("weights_in_ram", CompilerFailed, {}),
        ("no_space", DiskFull, {}),
    ],
)
def test_what_goes_wrong_is_an_error_of_its_own_and_leaves_only_the_log(make_request, trouble, error, fields):
    request = make_request("4.0" if trouble == "other_run" else "2.1")
    stedgeai.behave(request.program, trouble=trouble)
    with pytest.raises(error) as caught:
        generate(request, silent)
    assert fields.items() <= caught.value.values.items()
    assert [path.name for path in request.folder.iterdir()] == ["stedgeai.log"]


def test_too_little_memory_says_how_much_too_little(make_request):
    request = make_request(size=288, board=NUCLEO, enlarged=True)  # 24 * 288 * 288 bytes in four times 448 KB
    with pytest.raises(CompilerOutOfMemory) as caught:
        generate(request, silent)
    values = caught.value.values
    assert (values["unallocated"], values["have"], values["board"]) == (
        24 * 288**2 - 4 * 448 * 1024,
        4 * 448 * 1024,
        NUCLEO.name,
    )


def test_the_discovery_kit_spills_into_external_memory_with_a_warning(make_request):
    made = generate(make_request(size=384), silent)
    assert any("external memory" in warning for warning in made.warnings)


@pytest.mark.parametrize("trouble", ["size_failed", "not_quantized"])
def test_what_only_sounds_bad_succeeds(make_request, trouble):
    request = make_request()
    stedgeai.behave(request.program, trouble=trouble)
    made = generate(request, silent)
    assert any("2 tensors not quantized" in warning for warning in made.warnings) == (trouble == "not_quantized")


def test_a_file_that_is_no_model_is_refused(make_request, tmp_path):
    wrong = tmp_path / "pose.tflite"
    wrong.write_bytes(b"not a network")
    with pytest.raises(CompilerRefusedModel):
        generate(make_request(model=wrong), silent)


def test_an_option_that_the_release_does_not_know_is_named(make_request):
    request = make_request("2.1")
    pair = replace(request.pair, generate=("--c-api", "st-ai"))
    with pytest.raises(CompilerOptionUnknown) as caught:
        generate(replace(request, pair=pair), silent)
    assert caught.value.values["option"] == "--c-api"


def test_a_compiler_of_another_release_is_refused_before_it_runs(make_request):
    request = make_request("2.2", pair="getting-started-2.0")
    with pytest.raises(PairMismatch) as caught:
        generate(request, silent)
    assert caught.value.values["wanted"] == "2.1"
    assert list(request.folder.iterdir()) == []


@pytest.mark.slow
def test_a_question_that_nobody_answers_ends_after_the_silence_with_a_word_before(make_request):
    request = make_request(silence=2.0)
    stedgeai.behave(request.program, trouble="consent")
    told = []
    with pytest.raises(ToolSilent):
        generate(request, lambda _part, words: told.append(words))
    assert any("silent" in words for words in told)


@pytest.mark.slow
def test_it_is_given_up_after_all_that_time(make_request):
    request = make_request(timeout=2.0)
    stedgeai.behave(request.program, trouble="silent")
    with pytest.raises(ToolTimeout):
        generate(request, silent)


@pytest.mark.slow
def test_cancelling_ends_the_compiler_and_what_it_started(make_request):
    request = make_request()
    stedgeai.behave(request.program, trouble="silent")
    cancel = threading.Event()
    before = set(psutil.Process().children(recursive=True))
    threading.Timer(0.7, cancel.set).start()
    with pytest.raises(Cancelled):
        generate(request, silent, cancel)
    end = time.monotonic() + 10
    while not set(psutil.Process().children(recursive=True)) <= before:
        assert time.monotonic() < end
        time.sleep(0.02)


def test_a_compiler_that_is_not_there(make_request, tmp_path):
    with pytest.raises(ToolMissing):
        generate(replace(make_request(), program=tmp_path / "gone" / "stedgeai"), silent)


def test_a_folder_with_spaces_and_umlauts_is_worked_around(tmp_path):
    folder = tmp_path / "Meine Läufe" / "run 1"
    folder.mkdir(parents=True)
    model = write_pose_tflite(folder / "pöse größe.tflite")
    program = stedgeai.install(tmp_path / "ST", "2.1")
    made = generate(CompileRequest(model, BY_KEY["getting-started-2.0"], DISCOVERY, program, (2, 1, 0), folder), silent)
    assert made.weights.parent == folder
    assert made.report.model == "p_se_gr_e"


def test_variables_of_an_outer_make_do_not_reach_it(make_request, monkeypatch, tmp_path):
    seen = tmp_path / "seen"
    program = tmp_path / "stedgeai"
    program.write_text(f"#!/bin/sh\nenv > '{seen}'\nexit 3\n")
    program.chmod(0o755)
    for name in ("CFLAGS", "MAKEFLAGS", "MAKELEVEL", "LDFLAGS"):
        monkeypatch.setenv(name, "leaked")
    monkeypatch.setenv("N6_KEPT", "kept")
    with pytest.raises(Exception, match="exit_code=3"):
        generate(replace(make_request(), program=program), silent)
    text = seen.read_text()
    assert "leaked" not in text
    assert "N6_KEPT=kept" in text


@pytest.mark.parametrize("release", ["2.1", "4.0"])
def test_a_report_cut_short_anywhere_is_refused_or_whole(make_request, release, tmp_path):
    made = generate(make_request(release), silent)
    text, short = made.report_file.read_text(), tmp_path / "short.txt"
    whole = 0
    for end in range(0, len(text), 97):
        short.write_text(text[:end])
        try:
            whole += read_compile_report(short, made.c_info).epochs == made.report.epochs
        except (ReportUnreadable, ReportContradicts):
            continue
    assert whole <= 3  # only what ends within the closing rule


def test_a_size_that_is_no_number_is_not_left_out(make_request, tmp_path):
    made = generate(make_request(), silent)
    damaged = tmp_path / "damaged.txt"
    text = made.report_file.read_text()
    damaged.write_text(re.sub(r"weights:\s+(\d+)", r"weights: \1.2.3", text, count=1))
    assert damaged.read_text() != text
    with pytest.raises(ReportUnreadable, match="table of memories"):
        read_compile_report(damaged, made.c_info)


def test_two_runs_are_told_apart(make_request, tmp_path):
    first = generate(make_request(), silent)
    info = json.loads(first.c_info.read_text())
    info["memory_footprint"]["weights"] += 100_000
    other = tmp_path / "c_info.json"
    other.write_text(json.dumps(info))
    with pytest.raises(ReportContradicts) as caught:
        read_compile_report(first.report_file, other)
    assert caught.value.values["what"] == "bytes of weights"
