"""COCO's skeleton against pycocotools, and skeletons of other bodies by hand."""

import pytest
from pycocotools.cocoeval import Params

from n6studio.domain.pose import skeleton
from n6studio.domain.pose.skeleton import COCO, described, for_keypoints, generic, mirror_by_name, stand_in_sigmas


def test_sigmas_are_those_of_pycocotools():
    assert COCO.sigmas == pytest.approx(Params(iouType="keypoints").kpt_oks_sigmas.tolist())
    assert COCO.sigmas_known


def test_every_left_point_mirrors_its_right_one():
    for index, name in enumerate(COCO.names):
        swapped = {"left": "right", "right": "left"}.get(name.split()[0])
        partner = name if swapped is None else f"{swapped} {name.split()[1]}"
        assert COCO.names[COCO.mirror[index]] == partner
        assert COCO.mirror[COCO.mirror[index]] == index


def test_edges_are_the_same_mirrored_and_none_is_there_twice():
    edges = {frozenset(edge) for edge in COCO.edges}
    assert len(edges) == len(COCO.edges) == 19
    assert {frozenset(COCO.mirror[end] for end in edge) for edge in edges} == edges
    assert frozenset((5, 6)) in edges, "the shoulders"


def test_colours_tell_the_side():
    sides = {"left": (255, 128, 0), "right": (51, 153, 255)}
    assert [sides.get(name.split()[0], (0, 220, 90)) for name in COCO.names] == list(COCO.colours)
    assert skeleton.side_colour("LEFT_eye") == (255, 128, 0)


def test_other_bodies():
    assert for_keypoints(17) is COCO
    five = for_keypoints(5)
    assert (len(five), five.mirror, five.sigmas, five.sigmas_known) == (5, (0, 1, 2, 3, 4), (0.2,) * 5, False)
    assert five.names[4] == "point 4"
    assert stand_in_sigmas(4) == (0.25,) * 4
    assert mirror_by_name(("nose", "L hand", "R hand", "left foot")) == (0, 2, 1, 3)
    assert generic(2, sigmas=(0.1, 0.3)).sigmas_known


def test_described_keeps_what_is_right_and_leaves_out_what_is_not():
    found = described(3, ["nose", "left_ear", "right_ear"], [0, 2, 1], [0.1, 0.2, 0.3], [(0, 1), (0, 3), (-1, 2)])
    assert found.names == ("nose", "left ear", "right ear")
    assert (found.mirror, found.sigmas, found.edges) == ((0, 2, 1), (0.1, 0.2, 0.3), ((0, 1),))
    assert described(17, None, None, None) is COCO
    assert described(17, None, None, [0.5] * 17).sigmas == (0.5,) * 17
    assert described(2, None, [1, 1], [0.1, 0.0]).mirror == (0, 1)
    assert described(2, None, None, [0.1, 0.0]).sigmas == (0.5, 0.5)
