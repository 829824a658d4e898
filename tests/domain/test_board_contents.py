"""What is said to be on a board, at every moment of a deployment."""

from n6studio.domain.board_contents import UNKNOWN, BoardContents
from n6studio.domain.deploy import ImageState, Role
from n6studio.domain.messages import ImageHandled, Warned

LAST = BoardContents("jogger.tflite", "Pose v2.0", "AA", "2026-11-26 06:10")


def handled(role, state):
    return ImageHandled(role, "0x70000000", state)


def test_before_anything_is_known_nothing_is_claimed():
    assert BoardContents().sentence() == UNKNOWN
    assert "jogger.tflite in Pose v2.0" in LAST.sentence()
    assert LAST.sentence(("AA",)) == LAST.sentence()
    assert LAST.sentence(("BB",)) == UNKNOWN, "another board is connected"


def test_while_it_is_written_each_image_has_its_state_and_what_was_not_reached_is_as_before():
    now = LAST.after(handled(Role.FSBL, ImageState.UNCHANGED)).after(Warned("something"))
    now = now.after(handled(Role.WEIGHTS, ImageState.COMPARE)).after(handled(Role.WEIGHTS, ImageState.WRITE))
    words = now.sentence(("BB",))
    assert "first-stage boot loader unchanged" in words
    assert "model weights incomplete" in words
    assert "application as before" in words
    assert "model weights written" in now.after(handled(Role.WEIGHTS, ImageState.WRITTEN)).sentence()
