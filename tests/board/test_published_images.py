"""ST's published images are read, checked and made anew byte for byte. Skipped where the repositories are not at hand.

They are looked for as bare git directories below the folder in N6_ST_REPOSITORIES, one `OWNER+NAME/repo` each.
"""

import os
import subprocess
from pathlib import Path

import pytest

from n6studio.board.boards import Role, board
from n6studio.board.boot import boot_from_flash
from n6studio.board.explain import Kind, explain
from n6studio.board.image_header import ALIGNED_BYTES, ImageType, check, read_header, sign
from n6studio.board.intel_hex import hex_text, parse_hex

PLACE = Path(os.environ.get("N6_ST_REPOSITORIES", "/work/.mirror"))
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


def published(repository, tag, name):
    folder = PLACE / f"STMicroelectronics+{repository}" / "repo"
    if not folder.is_dir():
        pytest.skip(f"{repository} is not at hand")
    shown = subprocess.run(["git", "--git-dir", folder, "show", f"{tag}:{name}"], capture_output=True, check=False)
    if shown.returncode:
        pytest.skip(f"{tag}:{name} is not at hand")
    return parse_hex(shown.stdout, Path(name))


@pytest.mark.parametrize(("repository", "tag", "name", "figures"), PUBLISHED)
def test_an_image_is_reproduced_field_for_field(repository, tag, name, figures):
    (segment,) = published(repository, tag, name)
    header = read_header(segment.data)
    found = (segment.address, len(segment.data), header.binary_type, header.image_length, header.checksum)
    assert (*found, header.entry_point) == figures
    role = Role.FSBL if header.binary_type == ImageType.FSBL else Role.APPLICATION
    assert all(finding.ok for finding in check(segment.data, role))
    assert sign(segment.data[ALIGNED_BYTES:], ImageType(header.binary_type), header.filler) == segment.data
    assert parse_hex(hex_text([segment]).encode(), Path(name)) == (segment,)
    (region,) = explain(segment.data, segment.address, board("stm32n6570-dk"))
    assert (region.kind, region.findings) == (Kind(role.words.removeprefix("first-stage ")), ())


def test_boot_loader_and_application_as_published_start():
    (loader,) = published(GS, "v2.0.0", "Binary/ai_fsbl.hex")
    (application,) = published(GS, "v2.0.0", "Binary/STM32N6570-DK_GettingStarted_PoseEstimation.hex")
    flash = bytearray(b"\xff" * 0x400000)
    for segment in (loader, application):
        start = segment.address - 0x70000000
        flash[start : start + len(segment.data)] = segment.data
    result = boot_from_flash(board("stm32n6570-dk"), lambda address, size: bytes(flash[address - 0x70000000 :][:size]))
    assert result.runs
    assert result.remarks == ("The application starts, but there are no weights at 0x70380000: flash is erased there.",)
