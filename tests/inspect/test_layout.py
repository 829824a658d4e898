"""What an output means is proved by metadata or graph, told by the user, or unknown; it is never assumed."""

import json
from pathlib import Path

import numpy as np
import pytest
from builders_heads import Head

from n6studio.domain.errors.models import InputSizeOpen, LayoutUnknown, NotAPoseModel, OutputPerLevel, WrongTask
from n6studio.domain.errors.settings import SettingInvalid
from n6studio.domain.model.readings import (
    Channel,
    Reading,
    candidates_at,
    possible_readings,
    read_code,
    readings_of,
    strides_of,
)
from n6studio.domain.requests import InputFile
from n6studio.stages.inspect.run import figures_of, inspect, run
from n6studio.stages.inspect.stage import InspectSettings
from n6studio.stages.model.layout import Source, find_layout
from n6studio.stages.model.runner import open_model

PLACE, SCORE, PLAIN = Channel.PLACE, Channel.SCORE, Channel.PLAIN
STATED = {"task": "pose", "names": "{0: 'hand'}", "kpt_shape": "[4, 3]"}


# --- what fits ------------------------------------------------------------------------------------------------------


def test_every_reading_yields_the_channels():
    found = possible_readings(20)
    assert {one.channels for one in found} == {20}
    assert {Reading(1, 5, 3), Reading(4, 4, 3), Reading(16)} <= set(found)
    assert Reading(1, 7, 2) not in found


def test_what_the_graph_says_leaves_one_reading():
    pose = (PLACE,) * 4 + (SCORE,) * 2 + (PLACE, PLACE, SCORE) * 3
    assert readings_of(pose) == (Reading(2, 3, 3),)
    without_visibility = (PLACE,) * 4 + (SCORE,) + (PLACE,) * 6
    assert readings_of(without_visibility) == (Reading(1, 3, 2),)


def test_scores_alone_may_be_a_detector_first_of_all():
    found = readings_of((SCORE,) * 23)
    assert found[0] == Reading(19)
    assert Reading(1, 6, 3) in found


@pytest.mark.parametrize(
    ("count", "size", "strides"),
    [
        (84, (64, 64), (8, 16, 32)),
        (340, (128, 128), (8, 16, 32, 64)),
        (1260, (320, 192), (8, 16, 32)),
        (20, (64, 64), (16, 32)),
        (83, (64, 64), None),
    ],
)
def test_levels_are_told_by_the_number_of_candidates(count, size, strides):
    assert strides_of(count, size) == strides
    assert strides is None or candidates_at(size, strides) == count


@pytest.mark.parametrize("text", ["", "1x17", "1x17x4", "axbxc", "0x17x3", "1x17x3x1", "1x-1x3"])
def test_what_is_no_layout_is_refused(text):
    with pytest.raises(ValueError, match="CLASSESxKEYPOINTSxVALUES"):
        read_code(text)


# --- files ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("classes", "keypoints", "values"), [(1, 4, 3), (4, 4, 3), (1, 6, 2), (3, 2, 3)])
def test_the_graph_of_a_pose_model_proves_its_layout(tmp_path, classes, keypoints, values):
    path = Head().pose(tmp_path / "a.onnx", classes, keypoints, values)
    facts = inspect(path, "")
    assert (len(facts.classes), facts.keypoints, facts.keypoint_dims) == (classes, keypoints, values)
    assert (facts.layout_from, facts.task, facts.strides) == ("graph", "pose", (8, 16, 32))
    layout = open_model(path).info.layout
    assert (layout.classes, layout.keypoints, layout.dims) == (classes, keypoints, values)


def test_a_detector_is_told_so(tmp_path):
    head = Head()
    path = head.write(tmp_path / "a.onnx", head.node("Concat", head.boxes(), head.scores(19), axis=1))
    for reading in (lambda: inspect(path, ""), lambda: open_model(path)):
        with pytest.raises(WrongTask) as caught:
            reading()
        assert caught.value.task == "detect"


def test_a_segmentation_model_is_told_so(tmp_path):
    head = Head()
    table = head.node("Concat", head.boxes(), head.scores(3), head.branch(32), axis=1)
    prototypes = head.node("Conv", "images", head.constant(np.ones((32, 3, 4, 4), np.float32)), strides=[4, 4])
    with pytest.raises(WrongTask) as caught:
        inspect(head.write(tmp_path / "a.onnx", table, prototypes), "")
    assert caught.value.task == "segment"
    with pytest.raises(WrongTask):
        inspect(head.write(tmp_path / "one.onnx", table), "")


def test_one_row_of_values_is_no_pose_model_and_need_be_no_classifier(tmp_path):
    head = Head()
    mean = head.node("ReduceMean", head.branch(10), axes=[2], keepdims=0)
    with pytest.raises(NotAPoseModel, match="10 values for the whole image"):
        inspect(head.write(tmp_path / "a.onnx", head.node("Softmax", mean)), "")


def test_a_head_that_was_cut_off_is_told_so(tmp_path):
    head = Head()
    levels = [
        head.node("Conv", "images", head.constant(np.ones((65, 3, stride, stride), np.float32)), strides=[stride] * 2)
        for stride in head.strides
    ]
    with pytest.raises(OutputPerLevel):
        inspect(head.write(tmp_path / "a.onnx", *levels), "")


def test_candidates_first_is_read_and_fails_for_the_board(tmp_path):
    plain, turned = Head().pose(tmp_path / "a.onnx"), Head().pose(tmp_path / "b.onnx", turned=True)
    facts = inspect(turned, "")
    assert facts.output.shape == (1, 84, 17)
    assert not facts.strips.channels_first
    layout = next(check for check in figures_of(facts).checks if check.name == "layout")
    assert layout.state == "fail"
    assert "candidates first" in layout.reason
    assert layout.remedy
    image = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    assert np.array_equal(open_model(plain).run(image), open_model(turned).run(image))


def test_four_levels_are_counted(tmp_path):
    facts = inspect(Head(128, 128, (8, 16, 32, 64)).pose(tmp_path / "a.onnx"), "")
    assert facts.strips.candidates == 340
    assert facts.strides == (8, 16, 32, 64)


def test_a_wide_input_is_read(tmp_path):
    facts = inspect(Head(320, 192).pose(tmp_path / "a.onnx"), "")
    assert facts.input_size == (320, 192)
    assert facts.strips.candidates == 40 * 24 + 20 * 12 + 10 * 6


# --- what nothing tells -----------------------------------------------------------------------------------------------


def opaque(path: Path, channels: int, metadata: dict[str, str] | None = None) -> Path:
    """Write a model whose output comes out of an operation that tells nothing."""
    head = Head()
    return head.write(path, head.node("Softplus", head.branch(channels)), metadata=metadata)


def test_several_readings_are_unknown_and_never_ready(tmp_path):
    facts = inspect(opaque(tmp_path / "a.onnx", 20), "")
    assert facts.ambiguous
    assert (facts.task, facts.keypoints, facts.strips) == (None, None, None)
    assert {Reading(1, 5, 3), Reading(4, 4, 3)} <= set(facts.readings)
    found = figures_of(facts)
    assert found.verdict.state == "unknown"
    assert "4 classes, 4 keypoints x 3" in found.verdict.sentence
    with pytest.raises(LayoutUnknown):
        open_model(tmp_path / "a.onnx")


def test_labels_decide_where_the_file_says_nothing(tmp_path):
    info = open_model(opaque(tmp_path / "a.onnx", 20), keypoints=4).info
    assert (info.layout.classes, info.layout.keypoints, info.layout.dims) == (4, 4, 3)
    assert info.layout_from == "labels"


def test_what_the_user_chose_is_kept_in_a_copy(tmp_path):
    path = opaque(tmp_path / "a.onnx", 20)
    done = run(InspectSettings(layout="4x4x3"), {"model": (InputFile(str(path), ""),)}, tmp_path, Quiet())
    assert done.figures.keypoints == 4
    copy = inspect(tmp_path / done.outputs["model"], "")
    assert (copy.layout_from, copy.keypoints, len(copy.classes)) == ("metadata", 4, 4)


@pytest.mark.parametrize("typed", ["1x17x3", "nonsense"])
def test_a_choice_that_does_not_fit_is_refused(tmp_path, typed):
    path = opaque(tmp_path / "a.onnx", 20)
    with pytest.raises(SettingInvalid):
        run(InspectSettings(layout=typed), {"model": (InputFile(str(path), ""),)}, tmp_path, Quiet())


def test_metadata_that_contradict_the_output_are_named(tmp_path):
    with pytest.raises(NotAPoseModel) as caught:
        inspect(opaque(tmp_path / "a.onnx", 20, STATED), "")
    assert "kpt_shape" in caught.value.found


def test_metadata_that_the_graph_disproves_are_not_believed(tmp_path):
    # The graph proves 4 classes with 4 keypoints; the metadata say 1 class with 5.
    stated = {"task": "pose", "names": "{0: 'hand'}", "kpt_shape": "[5, 3]"}
    facts = inspect(Head().pose(tmp_path / "a.onnx", 4, 4, 3, metadata=stated), "")
    assert facts.ambiguous
    assert set(facts.readings) == {Reading(4, 4, 3), Reading(1, 5, 3)}


def test_an_open_size_is_told_so(tmp_path):
    import onnx

    path = Head().pose(tmp_path / "a.onnx")
    model = onnx.load(path)
    for place in (2, 3):
        model.graph.input[0].type.tensor_type.shape.dim[place].dim_param = "side"
    path.write_bytes(model.SerializeToString())
    with pytest.raises(InputSizeOpen):
        inspect(path, "")


@pytest.mark.parametrize(("channels", "rows", "task"), [(6, 300, "detect")])
def test_finished_rows_without_keypoints_are_a_detector(channels, rows, task):
    with pytest.raises(WrongTask):
        find_layout(Path("a"), (1, rows, channels), (64, 64), {})


def test_finished_rows_are_read_by_metadata():
    found = find_layout(Path("a"), (1, 300, 57), (64, 64), {"kpt_shape": [17, 3]})
    assert (found.readings, found.source, found.end_to_end) == ((Reading(1, 17, 3),), Source.METADATA, True)


class Quiet:
    """Takes what a stage reports."""

    def step(self, name: str) -> None: ...

    def warn(self, text: str) -> None: ...


def test_readings_survive_json(tmp_path):
    import msgspec

    from n6studio.domain.encoding import encoded
    from n6studio.domain.model.facts import ModelFacts

    facts = inspect(opaque(tmp_path / "a.onnx", 20), "")
    assert msgspec.json.decode(encoded(facts), type=ModelFacts) == facts
    assert json.loads(encoded(facts))["readings"][0].keys() == {"classes", "keypoints", "values"}
