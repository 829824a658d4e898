"""YAML: projects, ST's two kinds of user_config, and skeletons; every shape of value in every place, bombs, damage."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from trust.making import FIXTURES, Writer

VALUES = (
    "~", "''", "0", "-1", "1.5", ".nan", ".inf", "-.inf", "1e999", "true", "9" * 400, "[]", "{}", "[[[]]]",
    "{a: {b: c}}", "2020-13-45",
    "2026-11-26", "!!int abc", "!!float x", "!!binary '***'", "!!python/object/apply:os.system ['touch CANARY']",
    "!!python/name:os.system",
    "!!timestamp 99999-99-99", "!!set {a, b}", "!!omap [a: 1]", "&a [*a]", "*gone", "'\\ud800'",
    '"\\x1b]0;owned\\x07"', '"\\0"', "/", "~", "~nobody/x",
    "..", "/dev/zero", "/proc/self/mem", "'a: b: c'", "? x", "0x7fffffffffffffff", "1_000", "0o777", "1:30:00", "=",
    "<<", "-", "|\n  a\n  b",
)  # fmt: skip
QUANTIZE, DEPLOY = ".quantize.yaml", ".deploy.yaml"


def make(writer: Writer) -> None:
    from fuzz.readers import ST_DEPLOY, ST_QUANTIZE

    if shared := os.environ.get("N6_SHARED"):
        for folder in sorted(Path(shared, "cases", "hostile", "yaml").iterdir()):
            shutil.copytree(folder, writer.place(folder.name))
    known = (FIXTURES / "project-2026-11" / "project.n6.yaml").read_text().replace("n6demo-pose.pt", "nothere.pt")
    head = known.partition("skeleton:")[0]
    for name, text in (*_bombs(), *_replaced(head, writer), *_sampled(known, writer, 60)):
        _project(writer, name, text)
    for suffix, sound in ((QUANTIZE, ST_QUANTIZE), (DEPLOY, ST_DEPLOY)):
        cases = [*_sampled(sound.decode(), writer, 60), *_bombs()]
        writer.files(suffix, ((name, text.encode("utf-8", "surrogatepass")) for name, text in cases))
    from fuzz.mutators import mutated

    for _ in range(writer.missing // 2):
        _project(
            writer, "damaged", mutated([known.encode(), head.encode()], (b"settings:", b"&a", b"*a"), writer.chance)
        )
    for number in range(writer.missing):
        suffix, seed = ((QUANTIZE, ST_QUANTIZE), (DEPLOY, ST_DEPLOY))[number % 2]
        writer.files(suffix, [("damaged", mutated([seed], (b"model:", b"&a", b"*a"), writer.chance))])


def _project(writer: Writer, name: str, text: str | bytes) -> None:
    folder = writer.place(name)
    folder.mkdir()
    data = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    (folder / "project.n6.yaml").write_bytes(data)


def _replaced(sound: str, writer: Writer) -> Iterator[tuple[str, str]]:
    """Yield the file with one value in place of another, all of them in turn."""
    lines = sound.splitlines()
    places = [number for number, line in enumerate(lines) if ":" in line and not line.startswith("#")]
    for number, value in enumerate(VALUES):
        for at in writer.chance.sample(places, 4):
            told = value.replace("CANARY", f"{writer.canaries}/yaml")
            changed = [*lines[:at], f"{lines[at].partition(':')[0]}: {told}", *lines[at + 1 :]]
            yield f"value-{number}", "\n".join(changed) + "\n"


def _sampled(sound: str, writer: Writer, count: int) -> list[tuple[str, str]]:
    found = list(_replaced(sound, writer))
    return writer.chance.sample(found, min(count, len(found)))


def _bombs() -> Iterator[tuple[str, str]]:
    head = "schema: 2\nmodel: nothere.pt\n"
    laughs = "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12))
    merged = "".join(f"m{n}: &m{n} {{<<: [{', '.join([f'*m{n - 1}'] * 3)}]}}\n" for n in range(1, 20))
    yield from (
        ("laughs", head + "a0: &a0 lol\n" + laughs), ("merged", head + "m0: &m0 {a: 1}\n" + merged),
        ("deep-list", head + "x: " + "[" * 50_000),
        ("deep-map", head + "x: " + "{a: " * 20_000),
        ("deep-lines", head + "".join(" " * n + "a:\n" for n in range(2000))),
        ("deep-dashes", head + "x:\n" + "- " * 20_000 + "a\n"), ("self", head + "x: &x [*x]\n"),
        ("self-map", head + "x: &x {y: *x}\n"),
        ("merge-self", head + "x: &x {<<: *x, a: 1}\n"),
        ("many-keys", head + "".join(f"k{n}: {n}\n" for n in range(200_000))),
        ("long-key", head + "k" * 100_000 + ": 1\n"), ("no-key", head + "? [a, b]\n: c\n"),
        ("map-key", head + "? {a: b}\n: c\n"),
        ("equal-keys", head * 3), ("documents", head + "---\n" * 1000), ("tabs", head + "\tx: 1\n"),
        ("nul", head + "x: \x00\n"),
        ("tag", "%TAG ! tag:evil,2026:\n---\n" + head), ("directive", "%YAML 9.9\n---\n" + head),
        ("list", "- a\n- b\n"), ("number", "5\n"),
        ("empty", ""), ("comment", "# nothing\n"), ("long-line", head + "x: " + "a" * 9_000_000),
        ("quotes", head + "x: '" + "''" * 1_000_000),
        ("escapes", head + 'x: "' + "\\x41" * 500_000 + '"\n'),
        ("anchors", head + "".join(f"a{n}: &b{n} 1\n" for n in range(50_000))),
        ("surrogate", head + "x: '\udce9'\n"), ("bom", "\ufeff" + head), ("returns", head.replace("\n", "\r")),
        ("folded", head + "x: >\n" + "  a\n\n" * 100_000),
    )  # fmt: skip
