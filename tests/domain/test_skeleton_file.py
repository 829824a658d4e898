"""Skeletons as plain values: what is left out, what stands on a limit, and what is refused for one value."""

import pytest

from n6studio.domain.pose.skeleton import COCO
from n6studio.domain.pose.skeleton_file import (
    MOST_KEYPOINTS,
    NotASkeleton,
    colour_from_text,
    skeleton_from_values,
    skeleton_of_document,
    ultralytics_names,
)

NAN, INF = float("nan"), float("inf")


def ours(*rows, **more):
    return skeleton_from_values({"keypoints": [{"name": row} if isinstance(row, str) else row for row in rows], **more})


def theirs(count, **more):
    return skeleton_of_document({"kpt_shape": [count, 3], **more})


def refused(words, make, *arguments, **more):
    with pytest.raises(NotASkeleton, match=words):
        make(*arguments, **more)


def test_as_many_keypoints_as_are_allowed_and_no_more():
    rows = [f"point {n}" for n in range(1001)]
    assert MOST_KEYPOINTS == 1000
    assert len(ours(*rows[:1000])) == len(theirs(1000)) == 1000
    refused("needs a list", ours, *rows)
    refused("kpt_shape", theirs, 1001)
    assert len(ours("nose")) == len(theirs(1)) == 1
    refused("kpt_shape", theirs, 0)
    refused("needs a list", ours)


@pytest.mark.parametrize("rows", [None, 5, {"name": "nose"}, [{"name": "nose"}, "tail"], [["nose"]]])
def test_keypoints_that_are_no_list_of_entries(rows):
    refused("needs a list", skeleton_from_values, {"keypoints": rows})


@pytest.mark.parametrize("values", [None, 5, [], "keypoints"])
def test_values_that_are_no_mapping(values):
    refused("needs a list", skeleton_from_values, values)
    refused("neither 'kpt_shape'", skeleton_of_document, values)


def test_names_are_the_same_in_capitals_and_between_blanks():
    left, right = {"name": " Left Ear ", "mirror": " RIGHT ear"}, {"name": "right Ear", "mirror": "left EAR "}
    made = ours(left, right, "nose", bones=[["NOSE", " left ear "]])
    assert made.names == ("Left Ear", "right Ear", "nose")
    assert made.mirror == (1, 0, 2)
    assert made.edges == ((2, 0),)
    refused("two keypoints have the name NOSE", ours, "nose", "NOSE")
    refused("two keypoints have the name nose", ours, "NOSE", "nose")


def test_names_have_1_to_60_letters_that_can_be_printed():
    assert ours("x" * 60).names == ("x" * 60,)
    for name in ("x" * 61, "", "   ", "a\x00b", None):
        refused("keypoint 1 needs a name of 1 to 60 characters", ours, "nose", {"name": name})
    refused("keypoint 0 needs a name", ours, {})


def test_sigmas_are_known_where_every_keypoint_has_one_and_nothing_else_is_said():
    with_sigma = [{"name": "a", "sigma": 0.1}, {"name": "b", "sigma": 1}]
    assert ours(*with_sigma).sigmas == (0.1, 1.0)
    assert ours(*with_sigma).sigmas_known
    assert not ours(*with_sigma, sigmas_known=False).sigmas_known
    assert not ours(with_sigma[0], "b").sigmas_known
    assert ours(with_sigma[0], "b").sigmas == (0.1, 0.5)
    assert not ours("a", "b", sigmas_known=True).sigmas_known  # said, but not told
    refused("sigmas_known is 1 and should be", ours, "a", sigmas_known=1)


@pytest.mark.parametrize(
    "sigma", [0, 0.0, -0.1, 1.0001, float("nan"), float("inf"), -float("inf"), True, "0.1", None, [1]]
)
def test_sigmas_are_numbers_above_0_and_at_most_1(sigma):
    refused("the sigma of a is", ours, {"name": "a", "sigma": sigma})
    refused("the sigma of keypoint 1 is", theirs, 2, kpt_oks_sigmas=[0.1, sigma])


@pytest.mark.parametrize("sigmas", [5, "ab", {0: 0.1, 1: 0.2}, [0.1], [0.1] * 3])
def test_sigmas_of_ultralytics_are_one_for_each_keypoint(sigmas):
    refused("kpt_oks_sigmas should be 2 numbers", theirs, 2, kpt_oks_sigmas=sigmas)
    assert theirs(2, kpt_oks_sigmas=[0.1, 0.2]).sigmas == (0.1, 0.2)


def test_colours_are_six_hexadecimal_digits():
    assert colour_from_text("#0aFf10", "a") == colour_from_text("0aFf10", "a") == (10, 255, 16)
    for text in ("#0aff1", "#0aff100", "#0aff1g", "#gggggg", "#+1+1+1", "", "##0aff10"):
        refused(f"the colour of a is {text}".replace("+", r"\+"), colour_from_text, text, "a")


@pytest.mark.parametrize("edges", [5, "ab", {"a": "b"}, ["ab"], [["a"]], [["a", "b", "a"]], [["a", "b"], "ab"], [5]])
def test_edges_are_pairs(edges):
    refused("pairs of names", ours, "a", "b", bones=edges)


def test_edges_may_be_left_out_or_empty():
    assert ours("a").edges == ours("a", bones=None).edges == ours("a", bones=[]).edges == ()
    refused("the end of a skeleton edge is c, which is no keypoint", ours, "a", "b", bones=[["a", "c"]])
    refused("joins a keypoint to itself", ours, "a", "b", bones=[["a", "b"], ["b", "B"]])


def test_a_document_is_ours_a_project_or_ultralytics():
    assert skeleton_of_document({"keypoints": [{"name": "a"}]}).names == ("a",)
    assert skeleton_of_document({"skeleton": {"keypoints": [{"name": "a"}]}, "kpt_shape": [2, 3]}).names == ("a",)
    assert skeleton_of_document({"skeleton": None, "kpt_shape": [17, 3]}) == COCO
    refused("neither 'kpt_shape'", skeleton_of_document, {"names": ["a"]})


@pytest.mark.parametrize("shape", [None, 5, [], {0: 5}, "5", ["5", 3], [2.0, 3], [None]])
def test_shapes_of_ultralytics_begin_with_a_number_of_keypoints(shape):
    refused("kpt_shape should be", skeleton_of_document, {"kpt_shape": shape})


@pytest.mark.parametrize(
    "flip", [5, "01", {0: 0, 1: 1}, [0], [0, 1, 2], [0, "1"], ["0", 1], [0, 2], [2, 0], [-1, 1], [1, 1], [0, None], []]
)
def test_mirror_images_of_ultralytics_are_pairs(flip):
    refused("flip_idx should list the left/right partner of each of the 2 keypoints", theirs, 2, flip_idx=flip)


def test_mirror_images_that_are_pairs():
    assert theirs(2, flip_idx=[1, 0]).mirror == (1, 0)
    assert theirs(2, flip_idx=[0, 1]).mirror == (0, 1)
    refused("flip_idx", theirs, 3, flip_idx=[1, 2, 0])  # in a ring


def test_names_of_ultralytics():
    assert theirs(2, kpt_names={0: ["left_ear", "right_ear"], 1: ["a", "b"]}).names == ("left ear", "right ear")
    assert ultralytics_names({"kpt_names": ["a"]}) == ["a"]
    assert ultralytics_names({"kpt_names": {0: "a"}}) is None
    assert ultralytics_names({"kpt_names": {}}) is None
    assert ultralytics_names({}) is None
    for names in (["a"], ["a", "b", "c"], ["a", "A"], ["a", "b", "B"]):
        refused("kpt_names should be 2 different names and are", theirs, 2, kpt_names=names)
