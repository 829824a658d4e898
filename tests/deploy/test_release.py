"""A release is read only where it is what its maker wrote, and unpacks nothing beside its folder."""

import errno
import hashlib
import json
import zipfile
from pathlib import Path

import firmware
import pytest

from n6studio.board.images.intel_hex import Segment, write_hex
from n6studio.board.registry import board
from n6studio.cli.commands import flash
from n6studio.domain.errors.deploy import ReleaseDamaged, ReleaseUnreadable
from n6studio.domain.errors.files import DiskFull, FileMissing, PathRefused, WriteFailed
from n6studio.domain.errors.images import ImageChanged, NotConfirmed, PlanUnreadable, WrongAddress
from n6studio.engine.deploy import release
from n6studio.engine.deploy.flash_release import Flashed
from n6studio.engine.deploy.release import open_release, write_release


@pytest.fixture
def plan(tmp_path):
    return firmware.plan_of(firmware.write_virtual_images(tmp_path / "images"), "virtual")


@pytest.fixture
def made(plan, tmp_path):
    path = tmp_path / "made.zip"
    write_release(plan, path, {"model": "jogger"})
    return path


def contents_of(path):
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(path, contents, **manifest):
    """Write contents as a release whose manifest lists all of them with their right digests."""
    files = {name: hashlib.sha256(content).hexdigest() for name, content in contents.items()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in contents.items():
            archive.writestr(name, content)
        archive.writestr("manifest.json", json.dumps({"format": 1, "files": files, **manifest}))
    return path


def everything_below(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_what_was_packed_is_unpacked(made, plan, tmp_path):
    opened = open_release(made, tmp_path / "out")
    assert opened.folder == tmp_path / "out"
    assert opened.manifest["facts"] == {"model": "jogger"}
    assert opened.manifest["board"] == "virtual"
    assert [(image.role, image.address, image.sha256) for image in opened.plan.images] == [
        (image.role, image.address, image.sha256) for image in plan.images
    ]
    assert [image.read() for image in opened.plan.images] == [image.read() for image in plan.images]
    assert {image.path.parent for image in opened.plan.images} == {tmp_path / "out" / "images"}
    opened.plan.require_sound()


def test_the_same_images_make_the_same_contents_in_the_same_order(made, plan, tmp_path):
    write_release(plan, tmp_path / "again.zip", {"model": "jogger"})
    first, second = contents_of(made), contents_of(tmp_path / "again.zip")
    assert list(first) == list(second)
    first.pop("manifest.json")
    second.pop("manifest.json")
    assert first == second
    with zipfile.ZipFile(made) as archive:
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    assert [path.name for path in tmp_path.iterdir() if path.suffix == ".part"] == []


def test_a_release_is_written_into_a_new_folder_and_opened_from_the_working_folder(plan, tmp_path, monkeypatch):
    write_release(plan, tmp_path / "new" / "deep" / "made.zip", {})
    monkeypatch.chdir(tmp_path)
    opened = open_release(Path("new/deep/made.zip"), Path("out"))
    assert {image.path.parent for image in opened.plan.images} == {tmp_path / "out" / "images"}


def test_what_cannot_be_written_is_told_and_leaves_nothing(plan, tmp_path, monkeypatch):
    (tmp_path / "zips").mkdir()
    with pytest.raises(WriteFailed):  # longer than a name may be, once it is that of a part
        write_release(plan, tmp_path / "zips" / f"{'x' * 245}.zip", {})

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(zipfile.ZipFile, "writestr", full)
    with pytest.raises(DiskFull):
        write_release(plan, tmp_path / "zips" / "made.zip", {})
    assert everything_below(tmp_path / "zips") == []


def test_an_entry_that_was_hit_is_told_with_what_it_should_be(made, tmp_path):
    wanted = hashlib.sha256(contents_of(made)["images/weights.bin"]).hexdigest()
    stored = tmp_path / "stored.zip"
    with zipfile.ZipFile(stored, "w", zipfile.ZIP_STORED) as archive:
        for name, content in contents_of(made).items():
            archive.writestr(name, content)
        info = archive.getinfo("images/weights.bin")
    data = bytearray(stored.read_bytes())
    data[info.header_offset + 200] ^= 0xFF  # of what is not packed, so only its checksum tells
    stored.write_bytes(data)
    with pytest.raises(ReleaseDamaged) as caught:
        open_release(stored, tmp_path / "out")
    assert (caught.value.values["wanted"], caught.value.values["found"]) == (wanted[:12], "unreadable")


# Each would be written beside the folder, or over something of the system, on one system or another.
EVIL = [
    ".",
    "../evil.txt",
    "images/../../evil.txt",
    "..",
    "/evil.txt",
    "\\evil.txt",
    "..\\evil.txt",
    "C:evil.txt",
    "C:\\evil.txt",
    "evil.txt:stream",
    "what?.txt",
    "ev*il.txt",
    'ev"il.txt',
    "ev<il.txt",
    "ev>il.txt",
    "ev|il.txt",
]


@pytest.mark.parametrize("name", EVIL)
def test_a_name_that_leads_elsewhere_is_refused_before_anything_is_written(made, tmp_path, name):
    """All else about it is right: the file is in the zip, and its digest agrees."""
    contents = {key: content for key, content in contents_of(made).items() if key != "manifest.json"}
    path = packed(tmp_path / "evil.zip", {**contents, name: b"evil"})
    before = everything_below(tmp_path)
    with pytest.raises(ReleaseUnreadable, match="manifest"):
        open_release(path, tmp_path / "deep" / "out")
    assert everything_below(tmp_path) == before


@pytest.mark.parametrize("name", ["more.txt", "images/more.bin", "a..b", "...", "images/.hidden"])
def test_harmless_names_are_harmless(made, tmp_path, name):
    contents = {key: content for key, content in contents_of(made).items() if key != "manifest.json"}
    open_release(packed(tmp_path / "more.zip", {**contents, name: b"more"}), tmp_path / "out")
    assert (tmp_path / "out" / name).read_bytes() == b"more"


def test_what_the_list_does_not_name_is_not_unpacked(made, tmp_path):
    with zipfile.ZipFile(made, "a") as archive:
        archive.writestr("../evil.txt", b"evil")
        archive.writestr("more.txt", b"more")
    open_release(made, tmp_path / "out")
    assert everything_below(tmp_path / "out") == [
        "NOTICE.txt", "README.txt", "images/application.bin", "images/fsbl.bin", "images/weights.bin", "plan.json",
    ]  # fmt: skip
    assert not (tmp_path / "evil.txt").exists()


@pytest.mark.parametrize("name", ["plan.json", "NOTICE.txt", "images/weights.bin", "images/fsbl.bin"])
def test_a_file_that_is_not_the_one_of_the_list_is_refused(made, tmp_path, name):
    contents = contents_of(made)
    contents[name] = contents[name][:-1] + bytes([contents[name][-1] ^ 1])
    with zipfile.ZipFile(tmp_path / "changed.zip", "w") as archive:
        for key, content in contents.items():
            archive.writestr(key, content)
    with pytest.raises(ReleaseDamaged) as caught:
        open_release(tmp_path / "changed.zip", tmp_path / "out")
    assert caught.value.values["name"] == name
    assert caught.value.values["wanted"] == hashlib.sha256(contents_of(made)[name]).hexdigest()[:12]
    assert caught.value.values["found"] == hashlib.sha256(contents[name]).hexdigest()[:12]
    assert everything_below(tmp_path / "out") == []


def test_a_byte_that_was_hit_within_the_zip_is_damage(made, tmp_path):
    data = bytearray(made.read_bytes())
    with zipfile.ZipFile(made) as archive:
        info = archive.getinfo("images/weights.bin")
    data[info.header_offset + 200] ^= 0xFF
    made.write_bytes(data)
    with pytest.raises((ReleaseDamaged, ReleaseUnreadable)):
        open_release(made, tmp_path / "out")
    assert everything_below(tmp_path / "out") == []


@pytest.mark.parametrize(
    "manifest",
    [
        {"format": 2},
        {"files": {}},
        {"files": {"NOTICE.txt": "0" * 64}},
        {"files": {"plan.json": 5}},
        {"files": {"plan.json": "0" * 64, "not there.bin": "0" * 64}},
        {"files": ["plan.json"]},
        {"files": None},
    ],
)
def test_a_list_that_we_did_not_write(made, tmp_path, manifest):
    contents = {key: content for key, content in contents_of(made).items() if key != "manifest.json"}
    with pytest.raises(ReleaseUnreadable):
        open_release(packed(tmp_path / "odd.zip", contents, **manifest), tmp_path / "out")
    assert everything_below(tmp_path / "out") == []


@pytest.mark.parametrize("text", [b"", b"{", b"[]", b"null", b"5", b"\xff"])
def test_a_manifest_that_is_none(made, tmp_path, text):
    with zipfile.ZipFile(tmp_path / "odd.zip", "w") as archive:
        archive.writestr("manifest.json", text)
        archive.writestr("plan.json", b"{}")
    with pytest.raises(ReleaseUnreadable):
        open_release(tmp_path / "odd.zip", tmp_path / "out")


def test_more_than_any_board_can_hold_is_refused_before_it_is_unpacked(made, tmp_path, monkeypatch):
    size = sum(len(content) for name, content in contents_of(made).items() if name != "manifest.json")
    monkeypatch.setattr(release, "LARGEST", size)
    open_release(made, tmp_path / "just")
    monkeypatch.setattr(release, "LARGEST", size - 1)
    with pytest.raises(ReleaseUnreadable):
        open_release(made, tmp_path / "too much")
    assert not (tmp_path / "too much").exists()


def test_largest_is_256_mib():
    assert release.LARGEST == 256 * 1024 * 1024


@pytest.mark.parametrize("content", [b"", b"no zip", b"PK\x03\x04 cut off"])
def test_a_file_that_is_no_zip(tmp_path, content):
    (tmp_path / "some.zip").write_bytes(content)
    with pytest.raises(ReleaseUnreadable):
        open_release(tmp_path / "some.zip", tmp_path / "out")


def test_no_file_at_all(tmp_path):
    with pytest.raises(FileMissing):
        open_release(tmp_path / "nowhere.zip", tmp_path / "out")


@pytest.mark.parametrize(
    "manifest", [{"facts": [1]}, {"made": 5}, {"made": None}, {"facts": None}, {"format": 2}, {"files": []}]
)
def test_a_manifest_with_values_that_none_has_is_refused(made, tmp_path, manifest):
    contents = {key: content for key, content in contents_of(made).items() if key != "manifest.json"}
    with pytest.raises(ReleaseUnreadable):
        open_release(packed(tmp_path / "odd.zip", contents, **manifest), tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("content", [b"[" * 200_000, b"\xff\xfe", b"[" + b"9" * 5000 + b"]", b"null", b" " * (2 << 20)])
def test_a_manifest_that_is_none_is_refused(tmp_path, content):
    with zipfile.ZipFile(tmp_path / "odd.zip", "w") as archive:
        archive.writestr("manifest.json", content)
    with pytest.raises(ReleaseUnreadable):
        open_release(tmp_path / "odd.zip", tmp_path / "out")


@pytest.mark.parametrize("facts", [{}, {"facts": {"model": {"name": "jogger"}}}, {"facts": {"model": "jogger"}}])
def test_what_was_flashed_is_told_whatever_the_manifest_lacks(facts):
    told = flash.text(Flashed("virtual", facts, None, None))
    assert told.startswith("Release of jogger" if facts else "Release of a model, made at an unknown time.")


@pytest.mark.parametrize("roles", [("application",), ("fsbl",), ("fsbl", "weights", "application")])
def test_a_release_lowers_no_risk_by_what_it_leaves_out(tmp_path, roles):
    """Whatever it says of risks, fuses and roles: a program for ST's boards is asked for."""
    plan = firmware.plan_of(firmware.write_images(tmp_path / "images"), "stm32n6570-dk")
    write_release(plan, tmp_path / "made.zip", {})
    contents = {key: content for key, content in contents_of(tmp_path / "made.zip").items() if key != "manifest.json"}
    data = json.loads(contents["plan.json"])
    data["images"] = [image for image in data["images"] if image["role"] in roles]
    data["risks"], data["build"]["burns_fuses"], data["build"]["weights_address"] = [], False, None
    contents["plan.json"] = json.dumps(data).encode()
    opened = open_release(packed(tmp_path / "sly.zip", contents), tmp_path / "out")
    assert "otp-hslv" in {risk.key for risk in opened.plan.risks}
    with pytest.raises(NotConfirmed):
        opened.plan.require_confirmed(["loader-overwrite"])


def test_a_program_packed_as_weights_is_refused_before_the_board_is_touched(tmp_path):
    plan = firmware.plan_of(firmware.write_images(tmp_path / "images"), "stm32n6570-dk")
    write_release(plan, tmp_path / "made.zip", {})
    contents = {key: content for key, content in contents_of(tmp_path / "made.zip").items() if key != "manifest.json"}
    data = json.loads(contents["plan.json"])
    application = next(image for image in data["images"] if image["role"] == "application")
    data["images"] = [{**application, "role": "weights"}]
    data["risks"], data["build"]["weights_address"], data["build"]["weights_sha256"] = [], None, ""
    contents["plan.json"] = json.dumps(data).encode()
    opened = open_release(packed(tmp_path / "sly.zip", contents), tmp_path / "out")
    with pytest.raises(WrongAddress):
        opened.plan.require_sound()


def test_an_image_of_another_length_or_place_than_its_plan_says_is_refused(tmp_path):
    """Else the plan's own gates (slots, overlaps) would judge what is not written."""
    plan = firmware.plan_of(firmware.write_images(tmp_path / "images"), "stm32n6570-dk")
    write_release(plan, tmp_path / "made.zip", {})
    contents = {key: content for key, content in contents_of(tmp_path / "made.zip").items() if key != "manifest.json"}
    data = json.loads(contents["plan.json"])
    weights = next(image for image in data["images"] if image["role"] == "weights")
    sly = {**contents, "plan.json": json.dumps(data).replace(f'"size": {weights["size"]}', '"size": 16').encode()}
    with pytest.raises(ImageChanged, match="16 bytes"):
        open_release(packed(tmp_path / "short.zip", sly), tmp_path / "short").plan.require_sound()
    elsewhere = tmp_path / "weights.hex"
    write_hex(elsewhere, [Segment(0x70000000, contents[weights["path"]])])
    sly = {
        **contents,
        "images/weights.hex": elsewhere.read_bytes(),
        "plan.json": json.dumps(data).replace(weights["path"], "images/weights.hex").encode(),
    }
    with pytest.raises(WrongAddress):
        open_release(packed(tmp_path / "hex.zip", sly), tmp_path / "hex").plan.require_sound()


def test_a_release_says_one_board_only(made, tmp_path):
    contents = {key: content for key, content in contents_of(made).items() if key != "manifest.json"}
    with pytest.raises(ReleaseUnreadable, match="different boards"):
        open_release(packed(tmp_path / "two.zip", contents, board="stm32n6570-dk"), tmp_path / "out")


def test_a_release_tells_people_what_cannot_be_undone(tmp_path):
    plan = firmware.plan_of(firmware.write_images(tmp_path / "images"), "stm32n6570-dk")
    write_release(plan, tmp_path / "made.zip", {})
    told = contents_of(tmp_path / "made.zip")["README.txt"].decode()
    for part in ("--confirm otp-hslv", "bits 15 and 16", "OTP word 124", "cannot be reset"):
        assert part in told


def test_the_fuses_are_asked_for_whatever_a_plan_says_of_them(made, tmp_path):
    contents = {key: content for key, content in contents_of(made).items() if key != "manifest.json"}
    plan = json.loads(contents["plan.json"])
    plan["board"] = plan["build"]["board"] = "stm32n6570-dk"
    plan["build"]["burns_fuses"], plan["risks"] = False, []
    contents["plan.json"] = json.dumps(plan).encode()
    opened = open_release(packed(tmp_path / "sly.zip", contents), tmp_path / "out")
    fuses = {one.key for one in board("stm32n6570-dk").irreversible}
    assert fuses
    assert fuses <= {risk.key for risk in opened.plan.risks}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda plan: plan["images"][0].update(path="images/none.bin"), "'images/none.bin', which it does not hold"),
        (lambda plan: plan["images"][0].update(path="images"), "'images', which it does not hold"),
        (lambda plan: plan.update(board="stm32n8"), "for a board that this version does not know, 'stm32n8'"),
        (lambda plan: plan.update(format="1"), "it has format '1'"),
    ],
)
def test_what_is_wrong_with_a_plan_is_told_of_the_release(made, tmp_path, change, words):
    contents = contents_of(made)
    plan = json.loads(contents.pop("plan.json"))
    del contents["manifest.json"]
    change(plan)
    lying = packed(tmp_path / "lying.zip", {**contents, "plan.json": json.dumps(plan).encode()})
    with pytest.raises((ReleaseUnreadable, PlanUnreadable)) as caught:
        open_release(lying, tmp_path / "out")
    assert words in caught.value.values["reason"]


def test_a_plan_that_says_two_things_is_refused(made, tmp_path):
    contents = contents_of(made)
    del contents["manifest.json"]
    twice = contents["plan.json"].replace(b'"erase_all": false', b'"erase_all": true, "erase_all": false')
    with pytest.raises(PlanUnreadable, match="gives 'erase_all' two different values"):
        open_release(packed(tmp_path / "lying.zip", {**contents, "plan.json": twice}), tmp_path / "out")


@pytest.mark.parametrize("name", ["images//fsbl.bin", "images/./fsbl.bin", "IMAGES/fsbl.bin"])
def test_two_names_of_one_file_are_refused_before_anything_is_written(made, tmp_path, name):
    contents = contents_of(made)
    del contents["manifest.json"]
    with pytest.raises(ReleaseUnreadable):
        open_release(packed(tmp_path / "lying.zip", {**contents, name: b"other"}), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_more_folders_than_a_path_has_are_refused(made, tmp_path):
    contents = contents_of(made)
    del contents["manifest.json"]
    with pytest.raises(PathRefused, match="more folders"):
        open_release(packed(tmp_path / "deep.zip", {**contents, "a/" * 900 + "b": b""}), tmp_path / "out")


@pytest.mark.parametrize(
    ("content", "words"), [(b"", "empty file"), (b"\x1f\x8b\x08", "gzip archive; unpack it first")]
)
def test_what_a_file_is_instead_is_told(tmp_path, content, words):
    (tmp_path / "x.zip").write_bytes(content)
    with pytest.raises(ReleaseUnreadable) as caught:
        open_release(tmp_path / "x.zip", tmp_path / "out")
    assert words in caught.value.values["reason"]
