"""The flash plan while a board is written: every row says what is done with its image."""

from PySide6.QtWidgets import QLabel

from n6studio.domain.deploy import STEPS, FlashAction, ImageState, PlannedWrite, Role, Step, WriteAction
from n6studio.domain.messages import ImageHandled, ImageProgressed, StepBegan
from n6studio.ui.pages.deploy.run import FlashCard


def said(card):
    return [one.text() for one in card.findChildren(QLabel) if one in card._actions.values()]


def test_rows_follow_what_is_done_with_their_images(application):
    card = FlashCard()
    roles = (Role.FSBL, Role.WEIGHTS, Role.APPLICATION)
    card.show_writes(PlannedWrite(role, role.heading, 0x7000_0000, None, 1, WriteAction.EXPECTED) for role in roles)
    assert said(card) == ["not built yet"] * 3
    card.show_running(True)
    card.show_message(StepBegan(Step.PROGRAM.value, STEPS.index(Step.PROGRAM) + 1, len(STEPS)))
    card.show_message(ImageHandled(Role.FSBL, "0x70000000", ImageState.COMPARE))
    card.show_message(ImageHandled(Role.FSBL, "0x70000000", ImageState.UNCHANGED))
    card.show_message(ImageProgressed(1, 4, "bytes", FlashAction.WRITE, Role.WEIGHTS))
    assert said(card) == ["unchanged", "writing 25 %", "not built yet"]
    card.show_message(ImageHandled(Role.WEIGHTS, "0x70380000", ImageState.WRITTEN))
    card.show_message(ImageProgressed(4, 4, "bytes", FlashAction.VERIFY, Role.APPLICATION))
    card.show_stopped(failed=True)
    assert said(card) == ["unchanged", "written and verified", "verifying 100 %"], "a failure stays where it was met"
    card.deleteLater()
