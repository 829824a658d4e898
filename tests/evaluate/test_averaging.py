"""Averaged keypoints: who gets them, what is said where they cannot be had, and what is compared with what."""

import dataclasses
import io
import json
from pathlib import Path

import flatbuffers
import pytest
from ai_edge_litert import schema_py_generated as schema
from builders import state_layout
from finished_runs import finish

from n6studio.domain.pose.decode import OutputLayout
from n6studio.domain.pose.int8_decode import OutputScale
from n6studio.domain.project import Project
from n6studio.domain.requests import InputFile
from n6studio.domain.settings import recorded_values
from n6studio.engine.jobs.run import load_result
from n6studio.engine.project.runs import runs
from n6studio.engine.project.staleness import why_stale
from n6studio.stages.diff.run import run as compare
from n6studio.stages.diff.stage import DiffSettings
from n6studio.stages.evaluate import run as evaluate
from n6studio.stages.evaluate.averaging import not_averaged
from n6studio.stages.evaluate.stage import EVALUATE, EvaluateSettings
from n6studio.stages.evaluate_part.stage import of_part
from n6studio.stages.evaluate_split.stage import cut
from n6studio.stages.int8_output.stage import INT8_OUTPUT
from n6studio.stages.model.runner import ModelInfo
from n6studio.stages.process.reporter import Reporter

FLOAT = ModelInfo(Path("a"), "tflite", (256, 256), OutputLayout(classes=1, keypoints=17))
INT8 = dataclasses.replace(FLOAT, output_type="int8", output_scale=OutputScale(1 / 256, -128))
END_TO_END = dataclasses.replace(INT8, layout=OutputLayout(1, 17, end_to_end=True))
BY_ST = (
    "Keypoints of {} are not averaged: its int8 output is read by the rule of ST's post-processing, which does not "
    "average."
)


@pytest.fixture
def with_int8(carried, tmp_path):
    """The carried model without the DEQUANTIZE at its end."""
    model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(bytearray(carried.fine.read_bytes()), 0))
    graph = model.subgraphs[0]
    last = graph.operators.pop()
    graph.outputs, model.signatureDefs = last.inputs, []
    builder = flatbuffers.Builder(1 << 22)
    builder.Finish(model.Pack(builder), b"TFL3")
    path = tmp_path / "int8.tflite"
    path.write_bytes(bytes(builder.Output()))
    return state_layout(path, 17)


def judged(carried, with_int8, folder, **settings):
    """Evaluate a model with a float output and one with int8; return results.json and the report."""
    inputs = {
        "models": tuple(InputFile(str(path), "0" * 64) for path in (carried.coarse, with_int8)),
        "data": (InputFile(str(carried.labels), ""),),
    }
    folder.mkdir()
    reporter = Reporter("evaluate", io.StringIO())
    evaluate.run(EvaluateSettings(max_images=6, workers=1, worst=0, **settings), inputs, folder, reporter)
    page = (folder / "report.html").read_text(encoding="utf-8")
    return json.loads((folder / "results.json").read_text(encoding="utf-8")), page


def test_whose_keypoints_stay_as_they_are_is_said():
    said = list(not_averaged([("a", FLOAT), ("b", INT8), ("c", END_TO_END)]))
    assert said == [
        BY_ST.format("b"),
        "Keypoints of c are not averaged: its own suppression leaves one candidate per person.",
    ]


def test_an_evaluation_averages_where_it_is_asked_to_and_says_so(carried, with_int8, tmp_path):
    (plain, page), (averaged, averaged_page) = (
        judged(carried, with_int8, tmp_path / name, average=name == "averaged") for name in ("plain", "averaged")
    )
    float_output, int8_output = ([results["models"][place] for results in (plain, averaged)] for place in (0, 1))
    assert float_output[0]["keypoints"] != float_output[1]["keypoints"]
    assert float_output[0]["people"]["found"] == float_output[1]["people"]["found"]
    assert int8_output[0]["keypoints"] == int8_output[1]["keypoints"]
    assert "average" not in plain["settings"], "as a result of an earlier release"
    assert averaged["settings"]["average"] is True
    assert averaged["warnings"] == [*plain["warnings"], BY_ST.format(with_int8.name)]
    assert "average keypoints on" in averaged_page
    assert "average keypoints on" not in page
    assert ("keypoints averaged" in page, "keypoints averaged" in averaged_page) == (False, True)


def test_a_comparison_of_files_averages_and_says_where_not(carried, with_int8, tmp_path):
    reporter, image = Reporter("diff", io.StringIO()), sorted(carried.images.iterdir())[0]
    inputs = {
        role: (InputFile(str(path), role),)
        for role, path in (("first", carried.coarse), ("second", with_int8), ("images", image))
    }
    compare(DiffSettings(average=True), inputs, tmp_path, reporter)
    assert reporter.warnings == [BY_ST.format("B")]


def test_parts_on_other_computers_average_as_the_whole_does():
    settings = EvaluateSettings(average=True)
    assert of_part(settings).average
    assert cut(settings, 7).average


def test_the_cost_of_an_int8_output_is_told_without_averaging(tmp_path):
    project = Project(tmp_path, tmp_path / "a.pt", settings={EVALUATE.name: EvaluateSettings(average=True, iou=0.6)})
    settings = INT8_OUTPUT.settings_in(project)
    assert (settings.average, settings.iou) == (False, 0.6)


@pytest.mark.parametrize("then", [False, True])
def test_a_result_is_out_of_date_where_it_was_averaged_otherwise(tmp_path, then):
    project = Project(tmp_path, tmp_path / "a.pt")
    finish(project, "evaluate", "a" * 12, "2026-11-01T10:00:00+00:00", recorded_values(EvaluateSettings(average=then)))
    known = load_result(EVALUATE, runs(project, "evaluate")[0])
    before, after = (dict(enumerate(("off", "on")))[value] for value in (then, not then))
    wanted = dataclasses.replace(known.request, settings=recorded_values(EvaluateSettings(average=not then)))
    assert f"average keypoints changed from {before} to {after}" in why_stale(wanted, known)
