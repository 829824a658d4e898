"""Readers of what goes to boards and comes from them: releases, plans, images, recordings, streams, answers."""

import io
import json
import re
import zipfile
from pathlib import Path

from fuzz.reader import Reader, placed

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures"


def _releases(folder: Path) -> list[bytes]:
    import hashlib

    plan, *_ = _plans(folder)
    found = []
    for compression in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        images = {image["path"]: b"an image" for image in json.loads(plan)["images"]}
        files = {"plan.json": plan, "README.txt": b"a release\n", **images}
        told = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", compression) as archive:
            for name, content in files.items():
                archive.writestr(name, content)
            archive.writestr("manifest.json", json.dumps({"format": 1, "files": told, "board": "virtual"}))
        found.append(packed.getvalue())
    return found


def _read_release(data: bytes, folder: Path) -> None:
    from n6studio.engine.deploy.release import open_release

    open_release(placed(folder, "release.zip", data), folder / "out")


def _plans(_folder: Path) -> list[bytes]:
    found = sorted(FIXTURES.glob("project-2026-11/runs/deploy/*/plan.json"))
    return [re.sub(rb"/home/[^\"]*/", b"images/", path.read_bytes()) for path in found]


def _read_plan(data: bytes, folder: Path) -> None:
    from n6studio.board.images.flash_plan import plan_problems, read_plan
    from n6studio.board.registry import board

    plan = read_plan(placed(folder, "plan.json", data))
    list(plan_problems(board(plan.board), plan.images, plan.build, erase_all=plan.erase_all))


def _read_hex(data: bytes, folder: Path) -> None:
    from n6studio.board.images.intel_hex import parse_hex

    parse_hex(data, folder / "a.hex")


def _flash_images(_folder: Path) -> list[bytes]:
    found = sorted(FIXTURES.glob("project-2026-11/runs/deploy-header-virtual/*/*.bin"))
    whole = [path.read_bytes() for path in found]
    return [*whole, whole[0] + b"\xff" * 4096 + whole[1]]


def _read_flash_image(data: bytes, folder: Path) -> None:
    from n6studio.board.images.explain import explain_file
    from n6studio.board.registry import vendor_boards

    for name, address in (("a.bin", 0x70100000), ("dump.bin", 0x70000000)):
        for region in explain_file(placed(folder, name, data), vendor_boards()[0], address):
            region.as_text()


def _indices(_folder: Path) -> list[bytes]:
    return [path.read_bytes() for path in sorted((FIXTURES / "recording-2026-11").glob("*.index.jsonl"))]


def _read_index(data: bytes, folder: Path) -> None:
    from n6studio.link.recording.recording import read_recording

    video = folder / "with-results.mjpeg"
    if not video.exists():
        video.write_bytes((FIXTURES / "recording-2026-11" / video.name).read_bytes())
    placed(folder, "with-results.index.jsonl", data)
    found = read_recording(video)
    for number in range(len(found.entries)):
        found.frame(number)


def _streams(_folder: Path) -> list[bytes]:
    import link_fuzz

    judge = link_fuzz.Judge()
    return [b"\x00" + stream for stream in judge.streams] + [b"\x80" + frame[:60] for frame in judge.frames]


def _read_stream(data: bytes, _folder: Path) -> None:
    import link_fuzz

    link_fuzz.Judge().one(data)


def _read_commands(data: bytes, _folder: Path) -> None:
    from n6studio.link.session.commands import CommandError, parse_command, parse_reply

    for line in data.split(b"\n"):
        try:
            parse_command(line)
        except CommandError:
            continue
    words = tuple(("reply", line.decode("utf-8", "replace")) for line in data.split(b"\n"))
    parse_reply(words)


def _board_answers(_folder: Path) -> list[bytes]:
    import msgspec
    import numpy as np

    from n6studio.domain.evaluation.answers import (
        SEVERAL,
        AnswersHead,
        BoardAnswer,
        OutputForm,
        answer_bytes,
        head_bytes,
    )

    head = AnswersHead(
        board="b", firmware="f", model="0" * 16, link="l", input_size=(4, 2), keypoints=2, confidence=0.25, iou=0.5,
        type="int8", shape=(3, 5), candidates_first=False, scale=0.5, zero=0,
    )  # fmt: skip
    one = answer_bytes(BoardAnswer(1, 1, 5, None, np.ones((1, 11), np.float32), bytes(15)))
    other = OutputForm(type="int8", shape=(2, 5), candidates_first=True, scale=0.25, zero=1)
    several = head_bytes(msgspec.structs.replace(head, schema=SEVERAL, others=(other, other)))
    more = answer_bytes(BoardAnswer(1, 1, 5, None, np.ones((1, 11), np.float32), bytes(35)))
    return [head_bytes(head) + one, head_bytes(head) + one * 3, several + more * 2]


def _read_board_answers(data: bytes, folder: Path) -> None:
    from n6studio.stages.evaluate.board import BoardAnswers

    answers = BoardAnswers(placed(folder, "board-answers.bin", data))
    answers.answer(1)


LINK_READERS: dict[str, Reader] = {
    "board_answers": Reader(_read_board_answers, _board_answers, words=(b"int8", b"uint8", b"shape")),
    "release": Reader(_read_release, _releases, words=(b"PK\x01\x02", b"PK\x05\x06", b"manifest.json")),
    "plan": Reader(_read_plan, _plans, words=(b"\"address\":", b"\"role\":", b"\"path\":")),
    "intel_hex": Reader(_read_hex, lambda _: [b":10010000214601360121470136007EFE09D2190140\n:00000001FF\n"]),
    "flash_image": Reader(_read_flash_image, _flash_images, words=(b"STM2", b"TFL3", b"\x00\x00\x01\x02")),
    "recording": Reader(_read_index, _indices, words=(b"\"at\": ", b"\"length\": ", b"\"time\": ")),
    "stream": Reader(_read_stream, _streams, words=(b"\xff\xd8", b"\xff\xd9", b"\xff\xe9", b"N6LIVE")),
    "commands": Reader(_read_commands, lambda _: [b"7 confidence 0.4\n8 protect on\n9 status\n7 ok\n7 error no\n"]),
}  # fmt: skip
