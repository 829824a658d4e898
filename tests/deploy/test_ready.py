"""All that is missing or must be agreed to is told in one list, before anything takes long."""

import dataclasses
import os
import shutil

import pytest

from n6studio.board.tools.surroundings import look_at_surroundings
from n6studio.domain.deploy import Step
from n6studio.domain.errors.advice import advice
from n6studio.domain.errors.base import ExitCode
from n6studio.domain.errors.deploy import AgreementsMissing, LicenceNotConfirmed, NotReady, SurroundingsUnfit
from n6studio.domain.errors.images import NotConfirmed
from n6studio.engine.deploy import ready
from n6studio.engine.deploy.order import DeployOrder
from n6studio.engine.deploy.ready import require_ready
from n6studio.engine.deploy.talk import Talk
from n6studio.stages.deploy.stage import DeploySettings

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the stand-ins are shell scripts")


@pytest.fixture
def order(tmp_path, monkeypatch):
    """An order for the kit on a computer with nothing of ST's."""
    for name in ("HOME", "XDG_CONFIG_HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(tmp_path))
    (tmp_path / "model.tflite").write_bytes(b"x")
    settings = DeploySettings(board="stm32n6570-dk")
    return DeployOrder(tmp_path / "model.tflite", tmp_path / "out", settings)


@pytest.fixture
def talk():
    import threading

    told = []
    return Talk(told.append, threading.Event())


def test_everything_that_is_missing_is_one_list(order, talk):
    with pytest.raises(NotReady) as caught:
        require_ready(order, talk)
    told = advice(caught.value)
    text = told.as_text()
    for part in (
        "licence notice", "--accept-licence-notice", "OTP word 124", "bits 15 and 16", "--confirm KEY", "otp-hslv",
        "loader-overwrite", "STM32CubeProgrammer cannot be started", "pose application",
    ):  # fmt: skip
        assert part in text, part
    assert len(told.steps) >= 6
    assert caught.value.exit_status == ExitCode.ENVIRONMENT
    assert not order.folder.exists()


def test_what_must_only_be_agreed_to_is_another_list(order, talk, monkeypatch):
    monkeypatch.setattr(ready, "_lacking", lambda _: [])
    with pytest.raises(AgreementsMissing) as caught:
        require_ready(order, talk)
    text = advice(caught.value).as_text()
    assert "--accept-licence-notice" in text
    assert "--confirm KEY" in text
    assert caught.value.exit_status == ExitCode.USAGE
    agreed = dataclasses.replace(order, notice=True, confirmed=frozenset({"otp-hslv", "loader-overwrite"}))
    assert require_ready(agreed, talk) == ()


def test_one_thing_alone_is_told_as_itself(order, talk, monkeypatch):
    monkeypatch.setattr(ready, "_lacking", lambda _: [])
    with pytest.raises(NotConfirmed):
        require_ready(dataclasses.replace(order, notice=True), talk)
    images_only = dataclasses.replace(order, until=Step.PLAN)
    with pytest.raises(LicenceNotConfirmed):
        require_ready(images_only, talk)


def test_surroundings_are_told_with_what_to_do(order, talk, monkeypatch, tmp_path):
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr("n6studio.board.tools.surroundings.shutil.disk_usage", lambda _: usage._replace(free=1))
    found = list(ready._surroundings(ready.tool_box(order.settings), order.folder))
    room = next(one for one in found if isinstance(one, SurroundingsUnfit) and one.what == "Free space")
    assert "Free up space" in advice(room).steps[0]


def test_a_virtual_board_needs_nothing(order, talk):
    virtual = dataclasses.replace(order, settings=dataclasses.replace(order.settings, board="virtual"))
    assert require_ready(virtual, talk) == ()


def test_a_swap_needs_no_tool_chain(order, monkeypatch):
    asked = []
    monkeypatch.setattr(ready.ToolBox, "require", lambda self, name: asked.append(name))
    ready._lacking(dataclasses.replace(order, swap=True))
    assert "programmer" in asked
    assert not {"gcc", "make"} & set(asked)
    ready._lacking(order)
    assert {"gcc", "make"} <= set(asked)


@pytest.mark.skipif(
    not (shutil.which("arm-none-eabi-gcc") and shutil.which("make")), reason="needs GNU Arm GCC and make"
)
def test_a_swap_is_not_held_up_by_what_only_a_build_needs(order):
    box = ready.tool_box(order.settings)
    build_only = {"C library of GNU Arm GCC", "Shell for make"}
    assert build_only <= {one.name for one in look_at_surroundings(box, order.folder)}
    assert not build_only & {one.name for one in look_at_surroundings(box, order.folder, builds=False)}
