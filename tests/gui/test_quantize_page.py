import dataclasses
import json
import os
import shutil

import msgspec
import numpy as np
import pytest
import yaml
from event_loop import pause
from figures import GUARD, quantized
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox, QSpinBox

from n6studio.cli.texts import quantized as said
from n6studio.domain.encoding import encoded
from n6studio.domain.errors.stages import Cancelled, ConfidenceCollapse
from n6studio.domain.messages import Hello, Progressed, StepBegan
from n6studio.domain.model.input_size import InputSize
from n6studio.domain.model.layer_advice import suggestions
from n6studio.domain.model.layer_errors import LayerError, LayerErrors
from n6studio.domain.model.trained_ranges import TrainedRanges
from n6studio.domain.project import Project
from n6studio.domain.requests import StageRequest
from n6studio.domain.results import StageResult
from n6studio.domain.settings import recorded_values
from n6studio.domain.virtual_board import VirtualBoardSettings
from n6studio.stages.export.stage import ExportSettings
from n6studio.stages.quantize.figures import DoubledConvolutions, Guard, NarrowWeights, OperationCount
from n6studio.stages.quantize.stage import QUANTIZE, QuantizeSettings
from n6studio.ui.context import Context
from n6studio.ui.engine_thread import EngineThread
from n6studio.ui.pages.quantize.page import QuantizePage
from n6studio.ui.pages.quantize.presets import PRESETS
from n6studio.ui.pages.quantize.texts import differences, end_text, guard_verdict, operations_text, result_rows
from n6studio.ui.widgets.run_card import memory_of
from n6studio.ui.widgets.settings_form import SettingsForm


def result_of(settings, folder, **changes):
    request = StageRequest("quantize", recorded_values(settings), {}, {})
    return StageResult(folder, request, {"tflite": folder / "net.tflite"}, quantized(**changes), (), {})


@pytest.fixture
def page(application, tmp_path):
    """A page without an engine: what it asks for is kept in `page.asked`."""
    context = Context()
    made = QuantizePage(context)
    made.asked = []
    context.submitted.connect(lambda stage, extra: made.asked.append(stage))
    made.resize(1060, 640)
    made.show()
    context.set_project(Project(tmp_path / "p.n6", tmp_path / "model.pt", calibration=tmp_path / "pictures"))
    yield made
    made.close()
    made.deleteLater()


def settings_of(page):
    return page.context.project.settings_of(QUANTIZE)


def test_without_a_project_it_leads_to_import(application):
    page = QuantizePage(Context())
    assert page.views.currentIndex() == 0
    assert page.state() == ("empty", "")
    page.main_action()
    page.deleteLater()


def test_presets_change_what_they_decide_and_nothing_else(page):
    page.context.change_settings(QUANTIZE, dataclasses.replace(settings_of(page), seed=7, exclude=("a.jpg",)))
    page.presets.buttons["st"].click()
    assert (settings_of(page).head, settings_of(page).ranges) == ("int8", "extremes")
    page.presets.buttons["quick"].click()
    assert (settings_of(page).head, settings_of(page).max_images) == ("float", 32)
    page.presets.buttons["recommended"].click()
    assert settings_of(page) == QuantizeSettings(seed=7, exclude=("a.jpg",))
    page.form.editor("max_images").setValue(5)
    assert not any(button.isChecked() for button in page.presets.buttons.values())
    assert page.presets.own.isVisible()


def test_the_first_preset_is_the_default():
    assert PRESETS[0].fits(QuantizeSettings())
    assert PRESETS[0].applied(QuantizeSettings()) == QuantizeSettings()


def test_run_asks_the_engine_and_without_images_leads_to_them(page, tmp_path):
    page.run_card.run_button.click()
    assert page.asked == ["quantize"]
    shown = []
    page.context.page_requested.connect(shown.append)
    page.context.change_project(calibration=None)
    assert page.run_card.run_button.text() == "Choose calibration images"
    assert page.state() == ("blocked", "choose calibration images first")
    page.run_card.run_button.click()
    assert (page.asked, shown) == (["quantize"], ["calibration"])
    page.form.editor("fake").setChecked(True)
    page.run_card.run_button.click()
    assert page.asked == ["quantize", "quantize"]


def test_progress_tells_step_rate_time_left_and_memory(page, wait):
    context = page.context
    context.job_started.emit("quantize")
    assert page.run_card.cancel_button.isVisible()
    assert not page.run_card.run_button.isEnabled()
    context.job_message.emit("quantize", Hello(1, "quantize", os.getpid()))
    context.job_message.emit("quantize", StepBegan("calibrate", 3, 5))
    pause(700)
    context.job_message.emit("quantize", Progressed(16, 64, "images"))
    assert page.run_card.step.text() == "Step 3 of 5: calibrate"
    assert "16 of 64 images" in page.run_card.rate.text()
    assert "left" in page.run_card.rate.text()
    assert page.run_card.memory.text().startswith("memory ")
    cancelled = []
    context.cancel_requested.connect(lambda: cancelled.append(True))
    page.run_card.cancel_button.click()
    assert cancelled
    assert page.run_card.step.text() == "Stopping…"
    context.running = None
    page.run_card.show_running(False)


def test_a_collapse_shows_a_red_banner_whose_button_splits_the_head(page):
    page.presets.buttons["st"].click()
    page.context.job_failed.emit("quantize", ConfidenceCollapse(float_people=9, int8_people=0, images=16, head="int8"))
    assert page.banner.isVisible()
    assert "9 people" in page.banner.text.text()
    assert page.state()[0] == "failed"
    QTest.mouseClick(page.banner.fix_button, Qt.MouseButton.LeftButton)
    assert (settings_of(page).head, settings_of(page).ranges) == ("float", "auto")
    assert page.asked == ["quantize"]
    assert not page.banner.isVisible()


def test_a_collapse_with_a_float_head_shows_the_card(page):
    page.context.job_failed.emit("quantize", ConfidenceCollapse(float_people=9, int8_people=0, images=16, head="float"))
    assert not page.banner.isVisible()
    assert page.error_card.isVisible()


def test_the_result_card_says_what_became_of_trained_ranges(tmp_path):
    trained = TrainedRanges(read=147, weights=63, inputs=63, left_out={"of no convolution of this model": 21})
    text = "126 of 147 int8 ranges used, for the weights of 63 and the inputs of 63 convolutions. "
    text += "Left out: 21 of no convolution of this model."
    result = result_of(QuantizeSettings(), tmp_path, trained=trained)
    assert dict(result_rows(result))["Trained ranges"] == text
    assert f"Quantization-aware training: {text}" in said(result).splitlines()


def test_the_result_card_says_what_four_bits_cost(tmp_path):
    narrow = NarrowWeights(narrowed=62, kept=11, int8_bytes=1_292_000, people=9, int8=0.985, int4=0.941)
    result = result_of(QuantizeSettings(weights="int4"), tmp_path, narrow=narrow)
    text = dict(result_rows(result))["Weights"]
    assert "4 bits lose 0.044" in text
    assert f"Weights: {text}" in said(result).splitlines()
    assert dict(result_rows(result_of(QuantizeSettings(), tmp_path)))["Weights"] == ""


def test_the_result_card_says_what_is_computed_twice(tmp_path):
    doubled = DoubledConvolutions(
        budget=20,
        convolutions=(1, 4),
        of=73,
        macs_before=200,
        macs=237,
        added_bytes=4096,
        people=9,
        once=0.981,
        twice=0.984,
    )
    result = result_of(QuantizeSettings(doubled=20), tmp_path, doubled=doubled)
    text = (
        "2 convolutions of 73 computed twice, differently rounded: 1, 4; multiply-accumulates +18.5 %, file +4.0 KiB. "
        "Mean OKS to float on calibration images: 0.984, without 0.981."
    )
    assert dict(result_rows(result))["Doubled convolutions"] == text
    assert f"Doubled convolutions: {text}" in said(result).splitlines()
    assert dict(result_rows(result_of(QuantizeSettings(), tmp_path)))["Doubled convolutions"] == ""


def test_the_result_card_says_what_was_made(tmp_path):
    rows = dict(result_rows(result_of(QuantizeSettings(), tmp_path)))
    assert rows["Size"] == "3.39 MiB"
    assert rows["Input"] == "256 x 256 x 3, uint8, scale 0.00392157, zero point 0"
    assert rows["Operations"] == "281 in int8, 18 in float (add, mul)"
    assert rows["Time"] == "5 s"
    assert rows["Trained ranges"] == ""
    assert operations_text(quantized(operations=OperationCount(total=5, in_float=0))) == "all 5 in int8"
    assert end_text(None) == ""


def test_verdicts():
    assert guard_verdict(quantized())[0] == "ok"
    lost = msgspec.structs.replace(GUARD, int8_people=14)
    assert guard_verdict(quantized(guard=lost))[0] == "warn"
    assert "Not checked" in guard_verdict(quantized(guard=None))[1]
    nobody = Guard(images=4, float_people=0, int8_people=0)
    assert "finds nobody" in guard_verdict(quantized(guard=nobody))[1]


def test_runs_differ_in_settings_and_figures(tmp_path):
    before = result_of(QuantizeSettings(max_images=32), tmp_path)
    after = result_of(QuantizeSettings(head="int8", exclude=("a", "b")), tmp_path, size_bytes=1000)
    rows = {name: (then, now) for name, then, now in differences(before, after)}
    assert rows["output head"] == ("float", "int8")
    assert rows["max images"] == ("32", "all images")
    assert rows["excluded images"] == ("none", "2 entries")
    assert rows["size"] == ("3.39 MiB", "1000 B")
    assert differences(before, before) == []


def test_runs_differ_in_a_setting_that_only_one_of_them_recorded(tmp_path):
    plain, thorough = (result_of(QuantizeSettings(effort=effort), tmp_path) for effort in ("standard", "thorough"))
    assert differences(thorough, plain) == [("effort", "thorough", "standard")]
    assert differences(plain, thorough) == [("effort", "standard", "thorough")]


def test_st_file_goes_out_and_comes_back(page, tmp_path, wait):
    page.presets.buttons["st"].click()
    page.form.editor("granularity").setCurrentIndex(1)
    page.export_config(tmp_path / "user_config.yaml")
    wait(lambda: page.notes.text().startswith("Saved"), "the file")
    assert (
        yaml.safe_load((tmp_path / "user_config.yaml").read_text())["quantization"]["quantization_type"] == "per_tensor"
    )
    page.presets.buttons["recommended"].click()
    page.import_config(tmp_path / "user_config.yaml")
    wait(lambda: settings_of(page).granularity == "per_tensor", "the settings")
    assert settings_of(page).head == "int8"
    assert page.context.project.calibration == tmp_path / "pictures"


def test_a_bad_st_file_shows_the_card(page, tmp_path, wait):
    (tmp_path / "bad.yaml").write_text("model: [")
    page.import_config(tmp_path / "bad.yaml")
    wait(lambda: page.error_card.isVisible(), "the card")
    before = settings_of(page)
    page.import_config(tmp_path / "missing.yaml")
    wait(lambda: "does not exist" in page.error_card.accessibleName(), "the other card")
    assert settings_of(page) == before


def test_the_form_has_a_typed_editor_for_every_setting(application, reset):
    form = SettingsForm(QuantizeSettings)
    changes = []
    form.changed.connect(changes.append)
    assert isinstance(form.editor("head"), QComboBox)
    seed = form.editor("seed")
    assert isinstance(seed, QSpinBox)
    seed.setValue(-5)
    assert form.settings().seed == 0, "the smallest that is allowed"
    scale = form.editor("scale")
    scale.setValue(0)
    assert form.settings().scale > 0
    name = form.editor("name")
    QTest.keyClicks(name, "a/b:c")
    QTest.keyClick(name, Qt.Key.Key_Return)
    assert form.settings().name == "abc"
    assert "uint8, int8, float" in form.editor("input_type").toolTip()
    reset(form, "Name")
    assert form.settings().name == ""
    assert changes[-1] == form.settings()
    for editor in ("granularity", "ranges", "fake", "use_case", "guard_images", "offset"):
        assert form.editor(editor).accessibleName()
    form.deleteLater()


def test_the_form_shows_units_and_what_zero_stands_for(application):
    form = SettingsForm(QuantizeSettings)
    width, images = form.editor("expect_width"), form.editor("max_images")
    assert (width.value(), width.text(), images.text()) == (0, "Any", "All images")
    assert "Default: any." in width.toolTip()
    width.setValue(192)
    images.setValue(12)
    assert (width.text(), images.text()) == ("192 px", "12")
    assert form.settings().expect_width == 192
    virtual = SettingsForm(VirtualBoardSettings, ("npu_ms",))
    delay = virtual.editor("npu_ms")
    assert delay.text() == "As 'timing' says"
    delay.setValue(12.5)
    assert delay.text() == "12.5 ms"
    assert (form.editor("scale").text(), form.editor("offset").text()) == ("255", "0")
    form.editor("scale").setValue(1e-6)
    assert form.editor("scale").text() == "0.000001"
    assert form.settings().scale == 1e-6
    form.deleteLater()
    virtual.deleteLater()


def test_memory_of_a_process():
    assert memory_of(os.getpid()) > 2**20
    assert memory_of(2**30) == 0


def layer(number, snr):
    counts = tuple(np.full(64, 1 / 64).tolist())
    return LayerError(
        f"layer {number}", "CONV_2D", (1, 8, 8, 4), "int8", number == 1, snr, snr + 8, -1.0, 2.0, -1.1, 2.1, 0.0125,
        -40, -1.1, 2.1, counts, counts,
    )  # fmt: skip


def test_layers_are_shown_and_a_click_shows_one(page, tmp_path, wait):
    errors = LayerErrors(8, tuple(layer(number, snr) for number, snr in enumerate((30.0, 5.0, 8.0, 20.0))))
    path = tmp_path / "layers.json"
    path.write_bytes(encoded(errors))
    request = StageRequest("layer_errors", {}, {}, {})
    page.context.results["quantize"] = result_of(QuantizeSettings(), tmp_path)
    page.context.results["layer_errors"] = StageResult(tmp_path, request, {"layers": path}, {}, (), {})
    page.context.result_changed.emit("layer_errors")
    view = page.layers
    wait(lambda: view.found.isVisible(), "the layers")
    assert view.summary.text() == "3 layers on 8 images; 1 below 10 dB."
    assert view.details.text().startswith("layer 2"), "the worst comes first"
    view.silu.setChecked(True)
    assert view.summary.text() == "4 layers on 8 images; 2 below 10 dB."
    wait(lambda: view.chart._drawn, "the chart")
    view.chart.grab()
    scene = view.chart.canvas.plot.getViewBox().mapViewToScene(QPoint(3, 4))
    place = view.chart.canvas.mapFromScene(scene)
    QTest.mouseClick(view.chart.canvas.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert view.details.text().startswith("layer 3")
    assert view.layer_box.currentIndex() == 3
    assert len(view.chart.chart.table().rows) == 4
    assert len(view.values.chart.table().rows) == 64
    page.layers.run_card.run_button.click()
    assert page.asked == ["layer_errors"]


def test_a_layers_weights_are_shown_by_channel_and_advice_leads_to_layers(page, tmp_path, wait):
    weights = {"weight_low": (-0.5, -0.01), "weight_high": (0.2, 0.02)}
    layers = [layer(number, snr) for number, snr in enumerate((30.0, 25.0, 8.0, 15.0))]
    layers[2] = dataclasses.replace(layers[2], **weights)
    layers[3] = dataclasses.replace(layers[3], own_snr=40.0)
    path = tmp_path / "layers.json"
    path.write_bytes(encoded(LayerErrors(8, tuple(layers))))
    page.context.results["quantize"] = result_of(QuantizeSettings(), tmp_path)
    request = StageRequest("layer_errors", {}, {}, {})
    page.context.results["layer_errors"] = StageResult(tmp_path, request, {"layers": path}, {}, (), {})
    page.context.result_changed.emit("layer_errors")
    view = page.layers
    wait(lambda: view.found.isVisible(), "the layers")
    assert view.weights.chart.table().rows == ((0, -0.5, 0.2), (1, -0.01, 0.02))
    assert view.weights.chart.read_out(0.2, 0) == "channel 0: −0.5 to 0.2"
    texts = [view.advice.item(row).text() for row in range(view.advice.count())]
    assert texts[0] == "Worst: layer 2, 8.0 dB. Its own rounding causes this: alone it has 16.0 dB."
    assert [text.split(",")[0] for text in texts[1:]] == [f"Adds noise: layer {n}" for n in (2, 0, 3)]
    view.advice.itemActivated.emit(view.advice.item(3))
    assert view.details.text().startswith("layer 3")
    assert "no weights" in view.weights._nothing.text()


def test_advice_by_cause():
    def one(**changes):
        made = dataclasses.replace(layer(0, 8.0), own_snr=9.0, **changes)
        return suggestions((made,), "per_tensor", "extremes")[1].text

    assert "use per channel" in one(weight_low=(-4.0, -0.1, -0.1), weight_high=(1.0, 0.1, 0.1))
    narrow = (0.0,) * 30 + (0.5, 0.5) + (0.0,) * 32
    assert "use tuned ranges" in one(float_counts=narrow)
    assert "only more bits" in one()
    assert suggestions((layer(0, 30.0),), "per_channel", "tuned") == ()
    in_float = dataclasses.replace(layer(0, 8.0), own_snr=None)
    assert "earlier layers" in suggestions((in_float,), "per_channel", "tuned")[0].text
    added_up = dataclasses.replace(layer(0, 8.0), own_snr=33.0)
    assert "accumulates here" in suggestions((added_up,), "per_channel", "tuned")[0].text


def written_run(folder, settings, **figures):
    """A finished quantization on disk, as the engine leaves one."""
    folder.mkdir(parents=True)
    request = StageRequest("quantize", recorded_values(settings), {}, {})
    content = {
        "request": msgspec.to_builtins(request), "outputs": {"tflite": {"path": "net.tflite", "sha256": ""}},
        "figures": msgspec.to_builtins(quantized(**figures)), "warnings": [], "versions": {},
    }  # fmt: skip
    (folder / "quantize.result.json").write_text(json.dumps(content))
    return StageResult(folder, request, {"tflite": folder / "net.tflite"}, quantized(**figures), (), {})


def test_brackets_step_through_the_runs_and_settings_can_be_taken_back(page, wait):
    runs = page.context.project.folder / "runs" / "quantize"
    written_run(runs / "a", QuantizeSettings(head="int8"), size_bytes=1_000_000)
    os.utime(runs / "a" / "quantize.result.json", (1, 1))
    newest = written_run(runs / "b", QuantizeSettings())
    page.context.results["quantize"] = newest
    page.context.result_changed.emit("quantize")
    wait(lambda: page.compare_card.isVisible(), "the runs")
    assert page.result_card.which.text().startswith("Run 2 of 2")
    assert not page.result_card.use.isVisible()
    page.result_card.folder_button.setFocus()
    QTest.keyClick(page.result_card.folder_button, "[")
    assert page.result_card.which.text().startswith("Run 1 of 2")
    assert page.compare_card.table.item(0, 1).text() == "float"
    QTest.keyClick(page.result_card.folder_button, "[")
    assert page.result_card.which.text().startswith("Run 1 of 2")
    QTest.mouseClick(page.result_card.use, Qt.MouseButton.LeftButton)
    assert settings_of(page).head == "int8"
    assert page.asked == ["quantize"]
    QTest.keyClick(page.result_card.folder_button, "]")
    assert page.result_card.which.text().startswith("Run 2 of 2")
    QTest.keyClick(page.result_card.folder_button, "C")
    assert page.compare_card.runs.hasFocus()
    QTest.keyClick(page.result_card.folder_button, "R")
    assert page.asked == ["quantize", "quantize"]


def test_best_accuracy_shows_its_plan_and_keeps_what_is_most_like_float(page, tmp_path, wait):
    told, context, best = [], page.context, page.best
    context.notice.connect(told.append)
    context.change_settings(QUANTIZE, dataclasses.replace(settings_of(page), seed=9))
    assert not best.isVisible()
    QTest.mouseClick(page.presets.best_button, Qt.MouseButton.LeftButton)
    assert best.isVisible()
    assert "4 quantizations" in best.estimate.text()
    assert page.asked == []
    QTest.mouseClick(best.start_button, Qt.MouseButton.LeftButton)
    outcomes = ({"oks_mean": 0.95}, {"oks_mean": 0.97, "int8_people": 20}, None, {"oks_mean": 0.90})
    for number, outcome in enumerate(outcomes):
        wait(lambda number=number: len(page.asked) == number + 1, "the next way")
        assert best.table.item(number, 4).text() == "working"
        if outcome is None:
            error = ConfidenceCollapse(float_people=26, int8_people=1, images=32, head="float")
            context.job_failed.emit("quantize", error)
        else:
            guard = msgspec.structs.replace(GUARD, **outcome)
            context.job_finished.emit("quantize", result_of(settings_of(page), tmp_path, guard=guard))
    wait(lambda: not best.working, "the end")
    assert [best.table.item(row, 4).text() for row in range(4)] == ["best", "", "lost all people", ""]
    chosen = settings_of(page)
    assert (chosen.head, chosen.ranges, chosen.max_images, chosen.seed) == ("float", "weighted", 0, 9)
    assert "95.0 % agreement" in told[-1]


def test_stopping_the_search_brings_the_settings_back(page, wait):
    before = settings_of(page)
    page.best.show()
    page.best.start()
    wait(lambda: page.asked == ["quantize"])
    assert settings_of(page) != before
    cancelled = []
    page.context.cancel_requested.connect(lambda: cancelled.append(True))
    page.best.stop_button.click()
    assert cancelled
    page.context.job_failed.emit("quantize", Cancelled(stage="quantize"))
    assert settings_of(page) == before
    assert not page.best.working
    assert page.best.table.item(0, 4).text() == "stopped"


@pytest.mark.slow
def test_the_whole_page_on_a_real_model(application, carried, tmp_path, wait):
    """Click through: quantize (which exports), a second run, the comparison, the layers, and a cancelled run."""
    images = tmp_path / "pictures"
    images.mkdir()
    for path in sorted(carried.calibration.glob("*.jpg"))[:6]:
        shutil.copy(path, images / path.name)
    context = Context()
    engine = EngineThread(context, tmp_path)
    engine.start()
    page = QuantizePage(context)
    page.resize(1060, 640)
    page.show()
    failures = []
    context.job_failed.connect(lambda stage, error: failures.append(error))
    settings = {"export": ExportSettings(imgsz=InputSize.square(128), check_images=1)}
    model = carried.checkpoint
    try:
        context.set_project(Project(tmp_path / "p.n6", model, calibration=images, settings=settings))
        page.run_card.run_button.click()
        wait(lambda: "quantize" in context.results and not engine.job, "the first run", 240)
        assert page.result_card.isVisible()
        assert page.state()[0] == "done"
        assert not page.compare_card.isVisible()
        page.presets.buttons["st"].click()
        page.run_card.run_button.click()
        wait(lambda: page.compare_card.isVisible() and not engine.job, "the second run", 240)
        assert page.compare_card.table.item(0, 0).text() == "output head"
        page.layers.run_card.run_button.click()
        wait(lambda: page.layers.found.isVisible() and not engine.job, "the layers", 240)
        assert page.layers.layer_box.count() > 150
        page.form.editor("seed").setValue(1)
        page.run_card.run_button.click()
        wait(lambda: context.running == "quantize", "a third run")
        page.run_card.cancel_button.click()
        wait(lambda: not engine.job, "the end of the run")
        assert [type(error).__name__ for error in failures] == ["Cancelled"]
        assert not page.error_card.isVisible()
    finally:
        engine.stop()
        page.close()
        page.deleteLater()
