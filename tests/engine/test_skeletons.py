import dataclasses
import json

import pytest
import yaml
from figures import exported, inspected, quantized

from n6studio.domain.errors.datasets import SkeletonUnreadable
from n6studio.domain.errors.files import FileMissing, ProjectDamaged
from n6studio.domain.errors.settings import SettingInvalid
from n6studio.domain.pose import skeleton_edits as edits
from n6studio.domain.pose.skeleton import COCO, generic, mirror_by_name
from n6studio.domain.pose.skeleton_file import skeleton_from_values, skeleton_values
from n6studio.domain.project import PROJECT_FILE, Project
from n6studio.domain.requests import StageRequest
from n6studio.domain.results import StageResult
from n6studio.engine.chain.requests import request_for
from n6studio.engine.jobs.hashing import HashCache
from n6studio.engine.project.project import load_project, save_project
from n6studio.engine.project.skeletons import read_skeleton, skeleton_input, write_skeleton
from n6studio.engine.project.staleness import why_stale
from n6studio.stages.evaluate.stage import EVALUATE, carried_skeleton

BIRD = generic(5, ("beak", "left wing", "right wing", "tail", "crest"))


# --- edits -----------------------------------------------------------------------------------------------------------


def test_a_name_is_a_keypoints_own():
    assert edits.renamed(BIRD, 4, "  comb  tip ").names[4] == "comb tip"
    assert edits.renamed(BIRD, 0, "BEAK").names[0] == "BEAK"
    for name in ("", "  ", "Tail", "x" * 61, "a\x00b"):
        with pytest.raises(SettingInvalid):
            edits.renamed(BIRD, 0, name)


def test_sigmas_count_as_known_once_none_is_the_stand_in():
    once = edits.with_sigma(BIRD, 0, 0.05)
    assert once.sigmas == (0.05, 0.2, 0.2, 0.2, 0.2)
    assert not once.sigmas_known
    every = once
    for index in range(1, 5):
        every = edits.with_sigma(every, index, 0.06)
    assert every.sigmas_known
    assert edits.without_sigmas(every) == BIRD
    for sigma in (0.0, -1.0, 1.5, float("nan"), float("inf")):
        with pytest.raises(SettingInvalid, match="sigma of beak"):
            edits.with_sigma(BIRD, 0, sigma)


def test_pairs_let_go_of_earlier_partners():
    paired = edits.paired_by_name(BIRD)
    assert paired.mirror == (0, 2, 1, 3, 4) == mirror_by_name(BIRD.names)
    other = edits.paired(paired, 1, 3)
    assert other.mirror == (0, 3, 2, 1, 4)
    assert edits.paired(other, 1, 1).mirror == (0, 1, 2, 3, 4)


def test_edges_by_name_and_number():
    made = edits.joined_by_names(BIRD, 0, "crest, 3,")
    assert edits.joined_to(made, 0) == (3, 4)
    assert edits.joined_to(made, 4) == (0,)
    fewer = edits.joined_by_names(made, 4, "Left Wing")
    assert set(fewer.edges) == {(0, 3), (4, 1)}
    assert edits.joined_by_names(fewer, 4, "").edges == ((0, 3),)
    for words in ("wing", "9", "0"):
        with pytest.raises(SettingInvalid, match="edges of beak"):
            edits.joined_by_names(BIRD, 0, words)


# --- as values and files ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("skeleton", [COCO, BIRD, edits.coloured(edits.joined(BIRD, 0, [1, 2]), 3, (1, 2, 255))])
def test_values_give_the_skeleton_back(skeleton):
    assert skeleton_from_values(json.loads(json.dumps(skeleton_values(skeleton)))) == skeleton
    assert skeleton_from_values(yaml.safe_load(yaml.safe_dump(skeleton_values(skeleton)))) == skeleton


def test_ultralytics_yaml(tmp_path):
    file = tmp_path / "birds.yaml"
    names = ["beak", "left_wing", "right_wing", "tail", "crest"]
    file.write_text(yaml.safe_dump({"kpt_shape": [5, 3], "flip_idx": [0, 2, 1, 3, 4], "kpt_names": {0: names}}))
    found = read_skeleton(file, 5)
    assert found.names == BIRD.names
    assert found.mirror == (0, 2, 1, 3, 4)
    assert not found.sigmas_known
    file.write_text(yaml.safe_dump({"kpt_shape": [17, 3]}))
    assert read_skeleton(file) == COCO
    write_skeleton(file, edits.joined(BIRD, 1, [0]))
    assert read_skeleton(file) == edits.joined(BIRD, 1, [0])
    with pytest.raises(FileMissing):
        read_skeleton(tmp_path / "none.yaml")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "neither 'kpt_shape'"),
        ("a: 1\nb: [1", "read as YAML (line 2: "),
        (b"\xff\xfe\x00", "read as YAML (line 1: "),
        ("kpt_shape: 5", "kpt_shape should be"),
        ("kpt_shape: [5, 3]", "describes 5 keypoints, and the model has 17"),
        ("kpt_shape: [2, 3]\nflip_idx: [1, 1]", "flip_idx should list"),
        ("kpt_shape: [2, 3]\nflip_idx: [5, 1]", "flip_idx should list"),
        ("kpt_shape: [2, 3]\nkpt_names: {0: [a, A]}", "2 different names"),
        ("kpt_shape: [2, 3]\nkpt_names: {0: [a]}", "2 different names"),
        ("kpt_shape: [2, 3]\nkpt_oks_sigmas: [1, x]", "sigma of keypoint 1 is x"),
        ("keypoints: []", "needs a list"),
        ("keypoints: [a, b]", "needs a list"),
        ("keypoints: [{name: a}, {name: a}]", "two keypoints have the name a"),
        ("keypoints: [{name: a, mirror: b}]", "which is no keypoint"),
        ("keypoints: [{name: a, mirror: b}, {name: b, mirror: b}]", "the partner of a is b, whose partner is b"),
        ("keypoints: [{name: a, sigma: -1}]", "above 0"),
        ("keypoints: [{name: a, colour: red}]", "should look like"),
        ("keypoints: [{name: a}]\nbones: [[a, a]]", "joins a keypoint to itself"),
        ("keypoints: [{name: a}]\nbones: [a]", "pairs of names"),
        ("skeleton: {keypoints: [{name: 5}], sigmas_known: maybe}", "true or false"),
    ],
)
def test_files_without_a_usable_skeleton(tmp_path, text, reason):
    file = tmp_path / "skeleton.yaml"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(SkeletonUnreadable) as caught:
        read_skeleton(file, 17)
    assert reason in caught.value.values["reason"]


# --- in the project --------------------------------------------------------------------------------------------------


def test_the_project_keeps_it_and_older_projects_still_load(tmp_path):
    file = tmp_path / PROJECT_FILE
    project = Project(tmp_path, tmp_path / "a.pt")
    save_project(project)
    assert "schema: 1" in file.read_text()  # releases before the skeleton can read it
    assert load_project(tmp_path).skeleton is None
    save_project(dataclasses.replace(project, skeleton=BIRD))
    assert "schema: 2" in file.read_text()
    back = load_project(tmp_path)
    assert back.skeleton == BIRD
    assert read_skeleton(file) == BIRD
    assert back.skeleton_for(5) == BIRD
    assert back.skeleton_for(17) == COCO
    assert back.skeleton_for(2, ("left x", "right x")).mirror == (1, 0)
    file.write_text(file.read_text().replace("sigma: 0.2", "sigma: -4"))
    with pytest.raises(ProjectDamaged) as caught:
        load_project(tmp_path)
    assert "sigma of beak is -4" in caught.value.values["reason"]


def test_why_an_evaluation_is_stale_names_what_changed(tmp_path):
    def request(skeleton):
        save_project(Project(tmp_path, tmp_path / "a.pt", skeleton=skeleton))
        inputs = {"skeleton": (skeleton_input(tmp_path, skeleton),)} if skeleton else {}
        return StageRequest("evaluate", {}, inputs)

    def known(skeleton):
        return StageResult(tmp_path, request(skeleton), {}, {}, (), {})

    changed = edits.renamed(edits.with_sigma(BIRD, 0, 0.1), 1, "wing")
    assert why_stale(request(BIRD), known(BIRD)) == ()
    assert why_stale(request(changed), known(BIRD)) == ("names and sigmas of the keypoints changed",)
    assert why_stale(request(BIRD), known(None)) == ("keypoints were edited",)
    assert why_stale(request(None), known(BIRD)) == ("keypoints were restored from the checkpoint",)


def test_names_in_the_checkpoint_reach_the_evaluation_and_an_edit_goes_before_them(tmp_path):
    project = Project(tmp_path, tmp_path / "a.pt", data=tmp_path)
    (tmp_path / "a.pt").write_bytes(b"x")

    def result(stage, figures):
        outputs = {"tflite": tmp_path / "a.pt"}
        return StageResult(tmp_path, StageRequest(stage, {}, {}), outputs, figures, (), {})

    def asked(changed, **figures):
        done = {
            "inspect": result("inspect", inspected(**figures)),
            "export": result("export", exported()),
            "quantize": result("quantize", quantized()),
        }
        return request_for(changed, EVALUATE, done, HashCache()).inputs.get("skeleton")

    names = list(BIRD.names)
    told = edits.paired_by_name(BIRD)
    assert asked(project, keypoints=5, keypoint_names=tuple(names)) == (skeleton_input(tmp_path, told),)
    assert asked(project, keypoints=5, keypoint_names=()) is None
    assert asked(project, keypoints=17, keypoint_names=COCO.names) is None
    edited = dataclasses.replace(project, skeleton=BIRD)
    assert asked(edited, keypoints=5, keypoint_names=tuple(names)) == (skeleton_input(tmp_path, BIRD),)
    assert carried_skeleton(project, {}) is None


def test_command_line_refuses_what_describes_no_keypoints(tmp_path):
    from builders import assert_told, n6

    (tmp_path / "a.pt").write_bytes(b"x")
    (tmp_path / "data.yaml").write_text("names: [a]\n")
    done = n6("run", tmp_path / "a.pt", "--skeleton", tmp_path / "data.yaml", "--json", cwd=tmp_path)
    assert "neither" in assert_told(done, "N6S-D05", 3)["reason"]


def test_edges_of_one_keypoint_leave_the_others_alone():
    before = dataclasses.replace(generic(4), edges=((0, 1), (2, 1), (3, 2)))
    assert edits.joined_to(before, 1) == (0, 2)
    assert edits.joined_to(before, 2) == (1, 3)
    assert edits.joined(before, 1, [3, 2, 2]).edges == ((2, 1), (3, 2), (1, 3))
    assert edits.joined(before, 1, []).edges == ((3, 2),)
    for other in (1, 4, -1):
        with pytest.raises(SettingInvalid):
            edits.joined(before, 1, [other])


@pytest.mark.parametrize(
    ("sigma", "right"),
    [(1.0, True), (1.01, False), (0.0, False), (-0.1, False), (float("inf"), False), (float("nan"), False)],
)
def test_limits_of_a_sigma(sigma, right):
    if right:
        assert edits.with_sigma(generic(2), 0, sigma).sigmas[0] == sigma
    else:
        with pytest.raises(SettingInvalid):
            edits.with_sigma(generic(2), 0, sigma)


def test_sigmas_are_known_once_no_stand_in_is_left():
    first = edits.with_sigma(generic(2), 0, 0.1)
    assert not first.sigmas_known, "the other is 1/2 still"
    assert edits.with_sigma(first, 1, 0.2).sigmas_known
