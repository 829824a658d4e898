"""A plan is made, written and read back; and nothing that must not be written becomes one."""

import dataclasses
import json
from pathlib import Path

import firmware
import pytest

from n6studio.board.images.flash_plan import (
    LOADER_OVERWRITE,
    MASS_ERASE,
    Build,
    make_plan,
    plan_problems,
    read_plan,
    write_plan,
)
from n6studio.board.images.header import ImageType, sign
from n6studio.board.images.image import load_image, sha256_of, split_hex
from n6studio.board.images.intel_hex import Segment, write_hex
from n6studio.board.registry import board
from n6studio.domain.deploy import Fuses, Role
from n6studio.domain.errors.advice import advice
from n6studio.domain.errors.base import StudioError
from n6studio.domain.errors.files import FileMissing
from n6studio.domain.errors.images import (
    AddressMisaligned,
    ApplicationOverLoader,
    BeyondFlash,
    HexDamaged,
    ImageChanged,
    ImageEmpty,
    ImagesOverlap,
    ImageTooLarge,
    ImageUnsigned,
    ImageWrongType,
    NotConfirmed,
    PlanIncomplete,
    PlanUnreadable,
    WeightsElsewhere,
    WeightsForeign,
    WrongAddress,
    WrongBoard,
)

KIT, NUCLEO = board("stm32n6570-dk"), board("nucleo-n657x0-q")
GOLDEN = Path(__file__).parent / "golden" / "plan.json"


@pytest.fixture
def paths(tmp_path):
    return firmware.write_images(tmp_path / "images")


def build(**changes):
    return Build(**{"board": KIT.key, "weights_address": 0x70380000, "weights_source": "my.mpool", **changes})


def images_of(paths, target=KIT, **addresses):
    places = {role: addresses.get(role.value, target.slot(role).address) for role in paths}
    return [load_image(role, path, places[role]) for role, path in paths.items()]


def problems(images, target=KIT, **changes):
    return [type(item) for item in plan_problems(target, images, build(**changes))]


# --- a sound plan ----------------------------------------------------------------------------------------------------


def test_the_application_is_written_last(paths):
    plan = make_plan(KIT, list(reversed(images_of(paths))), build())
    assert [image.role for image in plan.images] == [Role.FSBL, Role.WEIGHTS, Role.APPLICATION]
    assert plan.size == sum(path.stat().st_size for path in paths.values())
    assert plan.image(Role.WEIGHTS).sha256 == sha256_of(firmware.weights())


def test_a_plan_is_written_as_it_always_was(paths, tmp_path):
    plan = make_plan(KIT, images_of(paths), build(network="00ff", application="GettingStarted 2.0.0"))
    write_plan(plan, tmp_path / "plan.json")
    assert (tmp_path / "plan.json").read_text(encoding="utf-8") == GOLDEN.read_text(encoding="utf-8")


def test_a_plan_moves_with_its_images(paths, tmp_path):
    plan = make_plan(KIT, images_of(paths), build())
    write_plan(plan, tmp_path / "images" / "plan.json")
    assert read_plan(tmp_path / "images" / "plan.json") == plan
    (tmp_path / "images").rename(tmp_path / "elsewhere")
    moved = read_plan(tmp_path / "elsewhere" / "plan.json")
    moved.require_sound()
    assert {image.path.parent for image in moved.images} == {tmp_path / "elsewhere"}


def test_hex_files_count_by_what_is_in_them(paths, tmp_path):
    data = paths[Role.APPLICATION].read_bytes()
    write_hex(tmp_path / "app.hex", [Segment(0x70100000, data)])
    image = load_image(Role.APPLICATION, tmp_path / "app.hex")
    assert (image.address, image.size, image.sha256) == (0x70100000, len(data), sha256_of(data))
    assert image.read() == data
    with pytest.raises(WrongAddress):
        load_image(Role.APPLICATION, tmp_path / "app.hex", 0x70000000)


def test_a_merged_hex_file_is_taken_apart(paths, tmp_path):
    segments = [Segment(KIT.slot(role).address, path.read_bytes()) for role, path in paths.items()]
    write_hex(tmp_path / "all.hex", segments)
    images = split_hex(tmp_path / "all.hex", KIT, tmp_path)
    assert {image.role: image.read() for image in images} == {role: path.read_bytes() for role, path in paths.items()}
    make_plan(KIT, images, build())
    with pytest.raises(HexDamaged, match="several images"):
        load_image(Role.APPLICATION, tmp_path / "all.hex")
    write_hex(tmp_path / "stray.hex", [Segment(0x08000000, b"other chip")])
    with pytest.raises(BeyondFlash):
        split_hex(tmp_path / "stray.hex", KIT, tmp_path)


# --- what has to be confirmed ----------------------------------------------------------------------------------------


def test_what_cannot_be_undone_is_named(paths):
    plan = make_plan(KIT, images_of(paths), build())
    assert [(risk.key, risk.permanent) for risk in plan.risks] == [("otp-hslv", True), (LOADER_OVERWRITE, False)]
    with pytest.raises(NotConfirmed) as caught:
        plan.require_confirmed(["otp-hslv"])
    assert caught.value.values["keys"] == [LOADER_OVERWRITE]
    plan.require_confirmed(["otp-hslv", LOADER_OVERWRITE])


def test_fuses_that_are_set_need_no_consent(paths):
    plan = make_plan(KIT, images_of(paths), build())
    is_set, clear = Fuses("otp-hslv", 124, 0x18000, 0x00018000), Fuses("otp-hslv", 124, 0x18000, 0x00008000)
    locked, unread = Fuses("otp-hslv", 124, 0x18000, 0, 0x40000000), Fuses("otp-hslv", 124, 0x18000)
    plan.require_confirmed([LOADER_OVERWRITE], [is_set])
    for fuses, word in ((clear, "0x00008000"), (locked, "another board"), (unread, "could not be read")):
        with pytest.raises(NotConfirmed) as caught:
            plan.require_confirmed([LOADER_OVERWRITE], [fuses])
        told = advice(caught.value).as_text()
        for part in ("OTP word 124", "bits 15 and 16", "cannot be reset", "1.8 V", word, "--confirm"):
            assert part in told


def test_weights_that_are_a_program_in_disguise_are_refused(paths):
    """Weights need no consent, so they must not lie where a program would run."""
    at = {"fsbl": 0x70000000, "application": 0x70100000, "both": 0x70000000 + 0xF0000}
    for address in at.values():
        image = load_image(Role.WEIGHTS, paths[Role.WEIGHTS], address)
        found = problems([image], weights_address=None)
        assert WrongAddress in found
    behind = load_image(Role.WEIGHTS, paths[Role.WEIGHTS], 0x70380000)
    assert problems([behind], weights_address=None) == []


def test_erasing_everything_is_a_risk_of_its_own(paths):
    plan = make_plan(KIT, images_of(paths), build(), erase_all=True)
    assert MASS_ERASE in [risk.key for risk in plan.risks]


def test_an_application_that_burns_no_fuses_and_weights_alone_need_no_confirmation(paths):
    assert [risk.key for risk in make_plan(KIT, images_of(paths), build(burns_fuses=False)).risks] == [LOADER_OVERWRITE]
    weights = load_image(Role.WEIGHTS, paths[Role.WEIGHTS], 0x70380000)
    assert make_plan(KIT, [weights], build()).risks == ()


def test_the_virtual_board_has_nothing_to_lose(paths):
    target = board("virtual")
    assert make_plan(target, images_of(paths, target), build(board="virtual")).risks == ()


def test_a_plan_cannot_be_talked_out_of_its_risks(paths, tmp_path):
    file = tmp_path / "plan.json"
    write_plan(make_plan(KIT, images_of(paths), build()), file)
    data = json.loads(file.read_text(encoding="utf-8"))
    data["risks"] = []
    file.write_text(json.dumps(data), encoding="utf-8")
    assert len(read_plan(file).risks) == 2


# --- what is refused -------------------------------------------------------------------------------------------------


def test_images_of_another_board(paths):
    assert problems(images_of(paths), board="nucleo-n657x0-q") == [WrongBoard]


def test_weights_where_the_application_does_not_look(paths):
    assert problems(images_of(paths), weights_address=0x71000000) == [WeightsElsewhere]
    assert problems(images_of(paths, weights=0x71000000), weights_address=0x71000000) == []


def test_weights_of_another_run(paths):
    assert problems(images_of(paths), weights_sha256=sha256_of(b"another")) == [WeightsForeign]
    assert problems(images_of(paths), weights_sha256=sha256_of(firmware.weights())) == []


def test_an_address_with_a_typing_error(paths):
    assert problems(images_of(paths, application=0x07000000)) == [WrongAddress]
    assert problems(images_of(paths, weights=0x07038000), weights_address=0x07038000) == [BeyondFlash]


def test_weights_between_sectors(paths):
    assert problems(images_of(paths, weights=0x70380400), weights_address=0x70380400) == [AddressMisaligned]


def test_weights_below_the_end_of_the_application(paths):
    paths[Role.APPLICATION].write_bytes(firmware.application_image(size=0x100000))
    found = problems(images_of(paths, weights=0x70180000), weights_address=0x70180000)
    assert found == [ImagesOverlap]


# An application of 0x80000 bytes at 0x70100000 ends where the next sector begins; a signed image grows by 32 bytes.
@pytest.mark.parametrize(("size", "shared"), [(0x80000, None), (0x80020, 32), (0x81000, 0x1000)])
def test_images_may_touch_but_not_share_a_byte(paths, size, shared):
    paths[Role.APPLICATION].write_bytes(firmware.application_image(size=size - 0x400))
    images = images_of(paths, weights=0x70180000)
    assert images[2].end == 0x70100000 + size
    found = list(plan_problems(KIT, images, build(weights_address=0x70180000)))
    if shared is None:
        assert found == []
    else:
        assert [type(one) for one in found] == [ImagesOverlap]
        assert found[0].values["address"] == "0x70180000"
        assert found[0].values["bytes"] == shared


def test_an_image_inside_another_shares_all_of_itself(paths):
    paths[Role.APPLICATION].write_bytes(firmware.application_image(size=0x100000))
    paths[Role.WEIGHTS].write_bytes(bytes(100))
    found = list(plan_problems(KIT, images_of(paths, weights=0x70180000), build(weights_address=0x70180000)))
    assert [one.values.get("bytes") for one in found] == [100]


def test_weights_that_a_nucleo_cannot_hold(tmp_path):
    place = NUCLEO.flash.end - 0x10000
    path = tmp_path / "weights.raw"
    path.write_bytes(bytes(0x10000))
    assert problems([load_image(Role.WEIGHTS, path, place)], NUCLEO, board=NUCLEO.key, weights_address=place) == []
    path.write_bytes(bytes(0x10001))
    image = load_image(Role.WEIGHTS, path, place)
    assert problems([image], NUCLEO, board=NUCLEO.key, weights_address=place) == [BeyondFlash]
    assert problems([image], KIT, weights_address=place) == []


def test_images_that_are_too_large(paths):
    paths[Role.FSBL].write_bytes(sign(firmware.loader(0x100000), ImageType.FSBL))
    paths[Role.APPLICATION].write_bytes(firmware.application_image(size=0x180000))
    assert problems(images_of(paths)) == [ImageTooLarge, ApplicationOverLoader, ImagesOverlap]


@pytest.mark.parametrize(
    ("content", "error"),
    [(firmware.program(), ImageUnsigned), (sign(firmware.loader(), ImageType.FSBL), ImageWrongType)],
)
def test_images_that_would_not_start(paths, content, error):
    paths[Role.APPLICATION].write_bytes(content)
    assert problems(images_of(paths)) == [error]


def test_plans_that_leave_the_board_without_something(paths):
    images = {image.role: image for image in images_of(paths)}
    assert problems([]) == [PlanIncomplete]
    assert problems([images[Role.APPLICATION], images[Role.FSBL]]) == [PlanIncomplete]
    assert problems([images[Role.APPLICATION], images[Role.WEIGHTS]]) == []
    with pytest.raises(PlanIncomplete):
        make_plan(KIT, [images[Role.APPLICATION], images[Role.WEIGHTS]], build(), erase_all=True)


def test_everything_wrong_is_said_not_only_the_first(paths):
    paths[Role.APPLICATION].write_bytes(firmware.program())
    found = problems(images_of(paths), board="nucleo-n657x0-q", weights_address=0x71000000, weights_sha256="00")
    assert found == [WrongBoard, WeightsElsewhere, WeightsForeign, ImageUnsigned]


def test_images_that_change_or_vanish_after_the_plan(paths):
    plan = make_plan(KIT, images_of(paths), build())
    paths[Role.WEIGHTS].write_bytes(firmware.weights(seed=3))
    with pytest.raises(ImageChanged):
        plan.require_sound()
    paths[Role.WEIGHTS].unlink()
    with pytest.raises(FileMissing):
        plan.require_sound()


def test_an_empty_image(tmp_path):
    (tmp_path / "empty.raw").write_bytes(b"")
    with pytest.raises(ImageEmpty):
        load_image(Role.WEIGHTS, tmp_path / "empty.raw", 0x70380000)


@pytest.mark.parametrize(
    "change",
    [
        lambda data: data.update(format=2),
        lambda data: data.pop("images"),
        lambda data: data.update(images=[{"role": "fsbl"}]),
        lambda data: data["images"][0].update(role="bootloader"),
        lambda data: data["images"][0].update(address=12),
        lambda data: data["images"][0].update(size=float("inf")),
        lambda data: data["images"].append(dict(data["images"][0])),
        lambda data: data["images"][0].update(address="-0x1"),
        lambda data: data["images"][0].update(sha256=None),
        lambda data: data["build"].update(surprise=1),
        lambda data: data["build"].update(weights_sha256=True),
        lambda data: data["build"].update(network=[]),
        lambda data: data.update(board=3),
        lambda data: data.update(build=None),
    ],
)
def test_a_plan_file_that_is_not_one(paths, tmp_path, change):
    file = tmp_path / "plan.json"
    write_plan(make_plan(KIT, images_of(paths), build()), file)
    data = json.loads(file.read_text(encoding="utf-8"))
    change(data)
    file.write_text(json.dumps(data), encoding="utf-8")
    with pytest.raises(PlanUnreadable):
        read_plan(file)


@pytest.mark.parametrize("text", ["", "[]", "null", "{", '{"format": 1}', "\u00e9\u00e9"])
def test_garbage_in_place_of_a_plan(tmp_path, text):
    (tmp_path / "plan.json").write_text(text, encoding="utf-8")
    with pytest.raises(PlanUnreadable):
        read_plan(tmp_path / "plan.json")


def test_a_plan_for_a_board_that_we_do_not_know(paths, tmp_path):
    file = tmp_path / "plan.json"
    write_plan(dataclasses.replace(make_plan(KIT, images_of(paths), build()), board="stm32n7"), file)
    with pytest.raises(StudioError):
        read_plan(file)
