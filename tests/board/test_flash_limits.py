"""Plans and images on their limits: one byte, one address or one word away from being refused."""

import json

import firmware
import pytest

from n6studio.board.images.flash_plan import (
    LOADER_OVERWRITE,
    MASS_ERASE,
    Build,
    make_plan,
    plan_problems,
    read_plan,
    risks_of,
    write_plan,
)
from n6studio.board.images.header import ImageType, sign
from n6studio.board.images.image import Image, load_image, sha256_of, split_hex
from n6studio.board.images.intel_hex import Segment, write_hex
from n6studio.board.registry import board
from n6studio.domain.deploy import Role
from n6studio.domain.errors.images import BeyondFlash, HexDamaged, ImageChanged, ImageEmpty

KIT, NUCLEO = board("stm32n6570-dk"), board("nucleo-n657x0-q")
MEBIBYTE = 1024 * 1024


@pytest.fixture
def paths(tmp_path):
    return firmware.write_images(tmp_path / "images")


def build(**changes):
    return Build(**{"board": KIT.key, "weights_address": firmware.WEIGHTS_AT, "weights_source": "my.mpool", **changes})


def images_of(paths, weights_at=firmware.WEIGHTS_AT):
    places = {role: weights_at if role == Role.WEIGHTS else KIT.slot(role).address for role in paths}
    return {role: load_image(role, path, places[role]) for role, path in paths.items()}


def problems(images, **changes):
    return list(plan_problems(KIT, list(images), build(**changes)))


# --- plans -----------------------------------------------------------------------------------------------------------


def test_what_a_build_does_not_say_is_not_held_against_images(paths):
    images = images_of(paths)
    assert problems(images.values(), board="") == []
    assert problems(images.values(), weights_address=None) == []
    # The weights may be left out where the application is not there, or looks for none.
    assert problems([images[Role.FSBL]]) == []
    assert problems([images[Role.FSBL], images[Role.APPLICATION]], weights_address=None) == []


def test_another_board_is_named_by_its_name_or_its_key(paths):
    for key, name in ((NUCLEO.key, NUCLEO.name), ("stm32n7", "stm32n7")):
        (found,) = problems(images_of(paths).values(), board=key)
        assert found.values["built_for"] == name


def test_flash_ends_before_its_end(paths):
    end = KIT.flash.end
    found = problems(images_of(paths, end).values(), weights_address=end)
    assert [type(one) for one in found] == [BeyondFlash, BeyondFlash]  # where it begins, and where it ends
    assert problems(images_of(paths, KIT.flash.address - KIT.flash.sector).values(), weights_address=None) != []


def test_an_image_may_fill_its_slot(paths):
    room = KIT.slot(Role.FSBL).size
    sizes = [len(sign(firmware.loader(size), ImageType.FSBL)) - size for size in (4096, 8192)]
    assert sizes[0] == sizes[1]  # what signing adds
    paths[Role.FSBL].write_bytes(sign(firmware.loader(room - sizes[0]), ImageType.FSBL))
    image = images_of(paths)[Role.FSBL]
    assert image.size == room
    assert "ImageTooLarge" not in [type(one).__name__ for one in problems([image])]
    larger = Image(Role.FSBL, image.path, image.address, room + 1, image.sha256)
    assert "ImageTooLarge" in [type(one).__name__ for one in problems([larger])]


def test_digests_are_told_by_their_first_twelve_digits(paths):
    (found,) = problems(images_of(paths).values(), weights_sha256="0123456789abcdef" * 4)
    assert found.values["wanted"] == "0123456789ab"
    assert found.values["found"] == sha256_of(firmware.weights())[:12]


def test_what_is_missing_before_everything_is_erased(paths):
    images = images_of(paths)
    rest = [images[Role.APPLICATION], images[Role.WEIGHTS]]
    (found,) = plan_problems(KIT, rest, build(), erase_all=True)
    assert found.values["missing"] == [Role.FSBL.noun]
    (found,) = problems([])
    assert len(found.values["missing"]) == 3


def test_risks_of_all_that_a_board_can_be_given():
    everything = [(risk.key, risk.permanent) for risk in risks_of(KIT)]
    assert everything == [("otp-hslv", True), (LOADER_OVERWRITE, False)]
    erased = [(risk.key, risk.permanent) for risk in risks_of(KIT, erase_all=True)]
    assert erased == [("otp-hslv", True), (MASS_ERASE, False)]
    assert list(risks_of(KIT, [Role.WEIGHTS])) == []


def test_a_plan_in_the_working_folder(paths, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path / "images")
    plan = make_plan(KIT, list(images_of(paths).values()), build())
    file = tmp_path / "images/plan.json"
    write_plan(plan, file.relative_to(tmp_path / "images"))
    assert [one["path"] for one in json.loads(file.read_text())["images"]] == [
        "fsbl.bin", "network_data.raw", "application.bin",
    ]  # fmt: skip
    read = read_plan(file.relative_to(tmp_path / "images"))
    assert all(image.path.is_absolute() for image in read.images)


# --- images ----------------------------------------------------------------------------------------------------------


def hex_file(folder, *segments):
    path = folder / "some.hex"
    write_hex(path, [Segment(address, data) for address, data in segments])
    return path


def test_a_hole_in_a_hex_file_is_erased_flash_up_to_a_mebibyte(tmp_path):
    image = load_image(Role.WEIGHTS, hex_file(tmp_path, (0x70380000, b"ab"), (0x70380005, b"c"), (0x70380008, b"d")))
    assert image.read() == b"ab\xff\xff\xffc\xff\xffd"
    assert (image.address, image.size, image.end) == (0x70380000, 9, 0x70380009)
    widest = hex_file(tmp_path, (0x70380000, b"ab"), (0x70380002 + MEBIBYTE, b"c"))
    assert load_image(Role.WEIGHTS, widest).size == MEBIBYTE + 3
    too_wide = hex_file(tmp_path, (0x70380000, b"ab"), (0x70380003 + MEBIBYTE, b"c"))
    with pytest.raises(HexDamaged) as caught:
        load_image(Role.WEIGHTS, too_wide)
    assert caught.value.values["line"] == 0  # of no line


def test_an_image_in_the_working_folder_is_found_from_everywhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "weights.raw"
    path.write_bytes(b"abc")
    image = load_image(Role.WEIGHTS, path.relative_to(tmp_path), 0x70380000)
    assert image.path == path
    merged = hex_file(tmp_path, (KIT.slot(Role.FSBL).address, b"abc"))
    (part,) = split_hex(merged, KIT, path.relative_to(tmp_path).parent)
    assert part.path == tmp_path / "some_fsbl.bin"


def test_changed_bytes_are_told_by_twelve_digits(tmp_path):
    path = tmp_path / "weights.raw"
    path.write_bytes(b"abc")
    image = load_image(Role.WEIGHTS, path, 0x70380000)
    path.write_bytes(b"abd")
    with pytest.raises(ImageChanged) as caught:
        image.read()
    assert caught.value.values["wanted"] == f"SHA-256 {sha256_of(b'abc')[:12]}"
    assert caught.value.values["found"] == sha256_of(b"abd")[:12]


def test_paths_are_written_relative_to_the_folder_that_they_lie_in(tmp_path):
    path = tmp_path / "a" / "weights.raw"
    image = Image(Role.WEIGHTS, path, 0x70380000, 3, "00")
    assert image.to_json(tmp_path)["path"] == "a/weights.raw"
    assert image.to_json(tmp_path / "b")["path"] == image.to_json()["path"] == path.as_posix()


def test_files_with_nothing_in_them(tmp_path):
    path = tmp_path / "empty.hex"
    path.write_text(":00000001FF\n")
    with pytest.raises(ImageEmpty):
        load_image(Role.WEIGHTS, path)
    with pytest.raises(ImageEmpty):
        split_hex(path, KIT, tmp_path)
    (tmp_path / "weights.raw").write_bytes(b"abc")
    with pytest.raises(ValueError, match="no address of its own"):
        load_image(Role.WEIGHTS, tmp_path / "weights.raw")
