"""``n6studio board explain``: what lies in an image or in a dump of a board's flash."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from n6studio.cli.command import Command, add_output
from n6studio.domain.errors.settings import SettingInvalid

if TYPE_CHECKING:
    from n6studio.board.images.explain import Region


def _options(parser: argparse.ArgumentParser) -> None:
    parts = parser.add_subparsers(dest="part", metavar="PART", title="parts", required=True)
    text = "list the contents of a .bin or .hex image or of a dump of a board's flash"
    explain = parts.add_parser("explain", help=text, description=text, allow_abbrev=False)
    explain.add_argument("file", type=Path, metavar="FILE")
    explain.add_argument(
        "--board",
        default="",
        metavar="KEY",
        help="board whose flash layout applies (default: the first of ST's boards)",
    )
    explain.add_argument("--address", default="", metavar="0xADDRESS", help="address of the first byte of a .bin")
    add_output(explain)


def _run(options: argparse.Namespace) -> int:
    from n6studio.board.images.explain import explain_file
    from n6studio.board.registry import board, vendor_boards
    from n6studio.cli.running import print_result

    try:
        address = int(options.address, 0) if options.address else None
    except ValueError:
        raise SettingInvalid(name="--address", value=options.address, allowed="a number such as 0x70100000") from None
    target = board(options.board) if options.board else vendor_boards()[0]
    regions = explain_file(options.file, target, address)
    data = {"path": str(options.file), "regions": [_region(region) for region in regions]}
    return print_result(options, data, text(data))


def _region(region: "Region") -> dict[str, Any]:
    from n6studio.board.description import hex_address

    return {
        "address": hex_address(region.address),
        "size": region.size,
        "kind": region.kind.value,
        "words": region.message,
        "findings": [vars(finding) for finding in region.findings],
        "text": region.as_text(),
    }


def text(data: dict[str, Any]) -> str:
    """Return what lies in a file."""
    return "\n".join([f"{data['path']}:", *(region["text"] for region in data["regions"])])


COMMAND = Command("board", "inspect flash images and dumps", _run, _options, parts=True)
