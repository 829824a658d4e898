"""ST's published images are read, checked and made anew byte for byte. Skipped where the repositories are not at hand.

N6_ST_REPOSITORIES names a folder with clones of them: `git clone --bare` or with a work tree, both with their tags.
"""

import json
import os
import subprocess
from pathlib import Path

import pytest

from n6studio.board.cube.programmer import CubeProgrammer
from n6studio.board.images.boot import boot_from_flash
from n6studio.board.images.explain import Kind, explain
from n6studio.board.images.flash_plan import Build, make_plan
from n6studio.board.images.header import ALIGNED_BYTES, ImageType, check, read_header, sign
from n6studio.board.images.image import load_image
from n6studio.board.images.intel_hex import hex_text, parse_hex
from n6studio.board.program import program_plan
from n6studio.board.registry import board
from n6studio.domain.deploy import Role

PLACE = os.environ.get("N6_ST_REPOSITORIES")
GS, MP = "STM32N6-GettingStarted-PoseEstimation", "x-cube-n6-ai-multi-pose-estimation"
# repository, tag, file, (address, size, type, length, checksum, entry point)
FSBL = (0x70000000, 61_024, 0x10, 0xEC20, 0x00687096, 0x3418EC49)
PUBLISHED = [
    (GS, "v1.0.0", "Binary/ai_fsbl.hex", FSBL),
    (GS, "v2.0.0", "Binary/ai_fsbl.hex", FSBL),
    (MP, "v1.0.0", "Binary/ai_fsbl.hex", FSBL),
    (MP, "v2.0.0", "Binary/ai_fsbl.hex", FSBL),
    (
        GS,
        "v1.0.0",
        "Binary/STM32N6_GettingStarted_PoseEstimation.hex",
        (0x70100000, 423_360, 0, 0x67380, 0x01E250C1, 0x34016681),
    ),
    (
        GS,
        "v2.0.0",
        "Binary/STM32N6570-DK_GettingStarted_PoseEstimation.hex",
        (0x70100000, 425_952, 0, 0x67DA0, 0x01E4DF0B, 0x34016DF9),
    ),
    (
        MP,
        "v1.0.0",
        "Binary/x-cube-n6-ai-multi-pose-estimation.hex",
        (0x70100000, 603_840, 0, 0x93480, 0x021A7A6F, 0x3401C07D),
    ),
    (
        MP,
        "v2.0.0",
        "Binary/x-cube-n6-ai-multi-pose-estimation.hex",
        (0x70100000, 513_280, 0, 0x7D2C0, 0x02007A52, 0x3401EAF1),
    ),
]


def shown(repository, tag, name):
    """Return a file's contents at a tag."""
    clones = sorted(Path(PLACE).glob(f"*{repository}*")) if PLACE else []
    folders = [
        clone / inner for clone in clones for inner in (".git", "repo", ".") if (clone / inner / "HEAD").exists()
    ]
    if not folders:
        pytest.skip(f"{repository} is not at hand")
    command = ["git", "--git-dir", folders[0], "show", f"{tag}:{name}"]
    done = subprocess.run(command, capture_output=True, check=False)
    if done.returncode:
        pytest.skip(f"{tag}:{name} is not at hand")
    return done.stdout


def published(repository, tag, name):
    """Return the segments of a .hex file."""
    return parse_hex(shown(repository, tag, name), Path(name))


@pytest.mark.parametrize(("repository", "tag", "name", "figures"), PUBLISHED)
def test_an_image_is_reproduced_field_for_field(repository, tag, name, figures):
    (segment,) = published(repository, tag, name)
    header = read_header(segment.data)
    found = (segment.address, len(segment.data), header.binary_type, header.image_length, header.checksum)
    assert (*found, header.entry_point) == figures
    role = Role.FSBL if header.binary_type == ImageType.FSBL else Role.APPLICATION
    assert all(finding.ok for finding in check(segment.data, role, KIT.chip))
    assert sign(segment.data[ALIGNED_BYTES:], ImageType(header.binary_type), header.filler) == segment.data
    assert parse_hex(hex_text([segment]).encode(), Path(name)) == (segment,)
    (region,) = explain(segment.data, segment.address, board("stm32n6570-dk"))
    assert (region.kind, region.findings) == (Kind(role.noun.removeprefix("first-stage ")), ())


@pytest.mark.parametrize("key", ["stm32n6570-dk", "nucleo-n657x0-q"])
def test_our_boards_have_the_memory_pools_of_st_s_files(key):
    target = board(key)
    pool_file = json.loads(shown(GS, "v2.0.0", f"Model/my_mpools/stm32n6-app2_{target.name}.mpool"))
    units = {"BYTES": 1, "KBYTES": 1 << 10, "MBYTES": 1 << 20}
    theirs = {
        (item["fname"], item["name"], int(item["offset"]["value"], 0), int(size["value"]) * units[size["magnitude"]])
        for item in pool_file["memory"]["mempools"]
        for size in [item["size"]]
    }
    ours = {(pool.file, pool.name, pool.address, pool.size) for pool in target.pools}
    assert ours == {pool for pool in theirs if pool[3]}


KIT = board("stm32n6570-dk")
APPLICATION = "Binary/STM32N6570-DK_GettingStarted_PoseEstimation.hex"


def test_boot_loader_and_application_as_published_start():
    flash = bytearray(b"\xff" * 0x400000)
    for name in ("Binary/ai_fsbl.hex", APPLICATION):
        (segment,) = published(GS, "v2.0.0", name)
        start = segment.address - KIT.flash.address
        flash[start : start + len(segment.data)] = segment.data
    result = boot_from_flash(KIT, lambda address, size: bytes(flash[address - KIT.flash.address :][:size]))
    assert result.runs
    assert result.remarks == ("The application starts, but there are no weights at 0x70380000: flash is erased there.",)


def test_a_published_release_is_planned_programmed_and_starts(tmp_path, bench, witness):
    files = {Role.FSBL: "Binary/ai_fsbl.hex", Role.APPLICATION: APPLICATION}
    images = []
    for role, name in files.items():
        path = tmp_path / Path(name).name
        path.write_bytes(shown(GS, "v2.0.0", name))
        images.append(load_image(role, path))
    pool = json.loads(shown(GS, "v2.0.0", "Model/my_mpools/stm32n6-app2_STM32N6570-DK.mpool"))
    address = next(
        int(item["offset"]["value"], 0) for item in pool["memory"]["mempools"] if item["name"] == "octoFlash"
    )
    weights = tmp_path / "network_data.xSPI2.bin"
    weights.write_bytes(shown(GS, "v2.0.0", "Model/STM32N6570-DK/network_data.xSPI2.bin"))
    images.append(load_image(Role.WEIGHTS, weights, address))
    plan = make_plan(KIT, images, Build(KIT.key, address, "stm32n6-app2_STM32N6570-DK.mpool"))
    kit = bench.connect(KIT.key, "AAA1")
    confirmed = [risk.key for risk in plan.risks]
    program_plan(plan, CubeProgrammer(bench.programmer, KIT), witness.attendant, confirmed=confirmed)
    kit.set_switches("flash")
    result = kit.power_cycle()
    assert result.runs
    assert result.remarks == ()
