"""Reading back the header that a build is given: its tables of keypoints, edges and classes are the model's.

Tables that are shorter than the model's indices are read beyond their end on the board, which nothing tells there. The
header is parsed anew here, by other means than it was written with.
"""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from n6studio.board.application.tree import Layout, text_of
from n6studio.board.compiler.fit import Demand
from n6studio.board.compiler.pairs import Pair
from n6studio.domain.errors.tree import TablesDisagree

_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)|//[^\n]*", re.DOTALL)
_DEFINED = re.compile(r"^[ \t]*#[ \t]*define[ \t]+(\w+)(?![\w(])[ \t]*(.*)$", re.MULTILINE)
_ROW = re.compile(r"\{\s*(\d{1,9})\s*,\s*(\d{1,9})\s*,[^{}]+\}")
_TABLE = re.compile(r"static\s+const\s+int\s+bindings\s*\[\s*\]\s*\[\s*3\s*\]\s*=\s*\{(.*?)\}\s*;", re.DOTALL)
_CLASSES = re.compile(r"classes_table\s*\[[^\]]*\]\s*=\s*\{(.*?)\}", re.DOTALL)
_NUMBER = re.compile(r"\(?\s*(\d{1,9})\s*\)?")


def check_header(root: Path, layout: Layout, pair: Pair, demand: Demand, classes: int) -> None:
    """Refuse a header that does not say what the model is.

    Args:
        root: the copy that is built.
        layout: where its parts are.
        pair: what the application wants.
        demand: the model.
        classes: class channels of its output.

    Raises:
        TablesDisagree: naming the first line that differs.
    """
    text = "\n".join(text_of(root / path) for path in (layout.config, layout.post_config) if path is not None)
    text = _COMMENT.sub(" ", text).replace("\\\n", " ")
    defined = dict(_DEFINED.findall(text))
    wanted = {
        "POSTPROCESS_TYPE": pair.post_processing,
        "AI_MPE_YOLOV8_PP_NB_CLASSES": str(classes),
        "AI_MPE_YOLOV8_PP_TOTAL_BOXES": str(demand.candidates),
        "AI_POSE_PP_POSE_KEYPOINTS_NB": str(demand.keypoints),
    }
    if not pair.stai:
        wanted |= {"NN_WIDTH": str(demand.size[0]), "NN_HEIGHT": str(demand.size[1])}
    for name, value in wanted.items():
        found = defined.get(name, "nothing").strip()
        number = _NUMBER.fullmatch(found)
        if (number[1] if number else found) != value:
            raise TablesDisagree(path=root / layout.config, name=name, found=found, wanted=value)
    for name, found, value in (*_edges(text, defined, pair, demand.keypoints), *_classes(text, defined, classes)):
        raise TablesDisagree(path=root / layout.config, name=name, found=found, wanted=value)


def _edges(text: str, defined: dict[str, str], pair: Pair, keypoints: int) -> Iterator[tuple[str, str, str]]:
    if pair.skeleton == "fixed":
        return
    if pair.skeleton == "macros":
        rows = _ROW.findall(defined.get("BINDINGS", ""))
        number = _NUMBER.fullmatch(defined.get("BINDINGS_NB", "").strip())
        if number is None or int(number[1]) != len(rows):
            yield "BINDINGS_NB", defined.get("BINDINGS_NB", "nothing"), f"{len(rows)}, as many as BINDINGS has"
    else:
        table = _TABLE.search(text)
        rows = _ROW.findall(table[1]) if table else []
    yield from _beyond(rows, keypoints)


def _beyond(rows: Iterable[tuple[str, str]], keypoints: int) -> Iterator[tuple[str, str, str]]:
    for row in rows:
        if max(map(int, row)) >= keypoints:
            yield "bindings", f"an edge from {row[0]} to {row[1]}", f"keypoints 0 to {keypoints - 1}"


def _classes(text: str, defined: dict[str, str], classes: int) -> Iterator[tuple[str, str, str]]:
    """Yield what is wrong with a table of class names, where the application has one."""
    table = _CLASSES.search(text)
    if table is None:
        return
    names = re.findall(r'"[^"]*"', table[1])
    number = _NUMBER.fullmatch(defined.get("NB_CLASSES", "").strip())
    if number is not None and int(number[1]) != len(names):
        yield "NB_CLASSES", number[1], f"{len(names)}, as many as the table of classes has"
    if len(names) < classes:
        yield "classes_table", f"{len(names)} names", f"{classes} names"
