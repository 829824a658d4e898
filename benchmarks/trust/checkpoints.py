"""Checkpoints: pickles that attack, descriptions of impossible networks, damaged archives."""

import io
import os
import pickle
import struct
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from trust.making import DEMO, Writer

Change = Callable[[dict[str, Any], Any], object]


def make(writer: Writer) -> None:
    _shared(writer)
    writer.files(".pt", _described(writer.canaries))
    writer.files(".pt", _archives())
    third = writer.missing // 3
    writer.files(".pt", _damaged_descriptions(writer, third))
    writer.files(".pt", _flipped(writer, third))
    writer.mutated("checkpoint", ".pt")


def _shared(writer: Writer) -> None:
    """Add what the shared generators make: all odd archives, and some of the many calls."""
    if not (shared := os.environ.get("N6_SHARED")):
        return
    sys.path.insert(0, str(Path(shared, "cases", "hostile")))
    os.environ.update(HOSTILE=str(writer.canaries.parent), MODELS=str(Path(shared, "models")))
    from pickles import all_cases

    cases = list(all_cases())
    odd = [case for case in cases if not case[0].startswith("p")]  # whole families of `p000_...` are one idea each
    calls = writer.chance.sample([case for case in cases if case[0].startswith("p")], writer.count // 4)
    writer.files(".pt", ((name[:60], data) for name, data, _ in [*odd, *calls]))


# --- descriptions that are wrong in one thing ------------------------------------------------------------------------


def _described(canaries: Path) -> Iterator[tuple[str, bytes]]:
    """Yield the demo's checkpoint with one thing changed, saved by torch as a training would."""
    import torch

    sys.setrecursionlimit(20_000)  # of torch.save, for what is nested
    for name, change in _changes(canaries):
        content = torch.load(DEMO, map_location="cpu", weights_only=False)
        model = content["ema"] if isinstance(content.get("ema"), torch.nn.Module) else content["model"]
        change(content, model)
        packed = io.BytesIO()
        torch.save(content, packed)
        yield name, packed.getvalue()


def _changes(canaries: Path) -> Iterator[tuple[str, Change]]:
    import torch

    ran = f"__import__('os').system('touch {canaries}/checkpoint')"
    for value in (0, -1, 10**6, 2**31, 2**63, 10**150, 1.5, float("nan"), float("inf"), True, "17", None, [], ran):
        brief = str(value)[:12].replace("/", "_")
        yield f"nc-{brief}", lambda _, model, value=value: model.yaml.update(nc=value)
        yield f"epoch-{brief}", lambda content, _, value=value: content.update(epoch=value)
        yield f"imgsz-{brief}", lambda content, _, value=value: content["train_args"].update(imgsz=value)
        yield f"kpt_shape-{brief}", lambda _, model, value=value: setattr(model, "kpt_shape", [value, 3])
        yield f"stride-{brief}", lambda _, model, value=value: setattr(model, "stride", value)
        yield f"depth-{brief}", lambda _, model, value=value: model.yaml.update(depth_multiple=value)
        yield f"width-{brief}", lambda _, model, value=value: model.yaml.update(width_multiple=value)
        yield f"names-{brief}", lambda _, model, value=value: setattr(model, "names", value)
        yield f"activation-{brief}", lambda _, model, value=value: model.yaml.update(activation=value)
        yield f"layer-{brief}", lambda _, model, value=value: _first_layer(model)[3].insert(0, value)
        yield f"repeats-{brief}", lambda _, model, value=value: _first_layer(model).__setitem__(1, value)
        yield f"from-{brief}", lambda _, model, value=value: _first_layer(model).__setitem__(0, value)
    for text in ("\x1b]0;owned\x07\x1b[31m", "\u202egnp.exe", "a" * 10**6, "\ud800", "%s%n{0.__class__}", "\r\nok", ""):
        yield "text-version", lambda content, _, text=text: content.update(version=text)
        yield "text-date", lambda content, _, text=text: content.update(date=text)
        yield "text-names", lambda _, model, text=text: setattr(model, "names", {0: text})
        yield "text-argument", lambda content, _, text=text: content["train_args"].update({text: text, "data": text})
        yield "text-points", lambda _, model, text=text: setattr(model, "kpt_names", {0: [text] * 17})
    for layer, arguments in (
        ("nn.Upsample", [None, 65536, "nearest"]), ("nn.ZeroPad2d", [65536]), ("nn.ZeroPad2d", [-65536]),
        ("Conv", [65536, 65536, 1]), ("Conv", [64, 3, 65536]), ("C2f", [65536]), ("C2PSA", [65536]), ("C3TR", [65536]),
        ("nn.MaxPool2d", [0]), ("nn.AvgPool2d", [1, 0]), ("nn.ConvTranspose2d", [8, 65536, 65536]), ("Index", [65536]),
        ("SPP", [64, [65536] * 64]), ("HGBlock", [8, 65536, 3, 65536]), ("C2fCIB", [64, True, True]), ("Focus", [64]),
        ("nn.ReflectionPad2d", [255]), ("nn.BatchNorm2d", [65536]), ("CBLinear", [[65536] * 64]), ("A2C2f", [64, 1, 0]),
        ("Pose", ["nc", [17, 3]]), ("os.system", [ran]), ("nn.Module.eval", []), ("torch.hub.load", ["a", "b"]),
    ):  # fmt: skip
        yield (
            f"layer-{layer}",
            lambda _, model, new=(layer, arguments): model.yaml["backbone"].insert(1, [-1, 1, new[0], list(new[1])]),
        )
        yield (
            f"only-{layer}",
            lambda _, model, new=(layer, arguments): model.yaml.update(backbone=[[-1, 1, new[0], list(new[1])]]),
        )
    yield "scales-huge", lambda _, model: model.yaml.update(scales={"n": [20.0, 20.0, 65536]}, scale="n")
    yield "repeated", lambda _, model: [layer.__setitem__(1, 100) for layer in model.yaml["backbone"]]
    yield "repeated-deep", lambda _, model: (
        model.yaml.update(depth_multiple=20.0), [layer.__setitem__(1, 100) for layer in model.yaml["backbone"]],
    )  # fmt: skip
    yield "no-yaml", lambda _, model: delattr(model, "yaml")
    yield "no-head", lambda _, model: model.yaml.update(head=[])
    yield "wide", lambda _, model: _shared_parts(model, 50, 20_000)
    yield "deep", lambda _, model: _nested(model, 120)
    yield "looped", lambda _, model: model._modules.update(again=model)
    yield "looped-twice", lambda _, model: model.model._modules.update(a=model.model, b=model.model)
    yield "missing-weights", lambda _, model: model.model[0].conv._parameters.clear()
    yield "own-weights", lambda _, model: model.model.register_buffer("more", torch.zeros(3))
    for name, tensor in (
        ("expanded", torch.zeros(1).expand(2**40)), ("empty", torch.zeros(0)),
        ("complex", torch.zeros(2, dtype=torch.cfloat)),
        ("sparse", torch.zeros(3, 3).to_sparse()),
        ("quantized", torch.quantize_per_tensor(torch.ones(2), 1, 0, torch.qint8)),
        ("meta", torch.zeros(2**40, device="meta")), ("nan", torch.full((16, 3, 3, 3), float("nan"))),
        ("large", torch.zeros(350_000_000, dtype=torch.uint8)), ("dims", torch.zeros([1] * 60)),
    ):  # fmt: skip
        yield (
            f"tensor-{name}",
            lambda _, model, new=tensor: model.model[0].conv._parameters.update(weight=torch.nn.Parameter(new, False)),
        )
        yield f"strides-{name}", lambda _, model, new=tensor: setattr(model, "stride", new)
    for side in (1, 31, 2048, 8192, 100_000, [8192, 8192], [640, -1]):
        yield f"side-{side}", lambda content, _, side=side: content["train_args"].update(imgsz=side)
    for name in ("detect", "segment", "pose\x00", "", "obb", "classify", 5):
        yield f"task-{name}", lambda content, model, name=name: (
            content["train_args"].update(task=name), setattr(model, "task", name),
        )  # fmt: skip


def _first_layer(model: Any) -> list[Any]:
    layer: list[Any] = model.yaml["backbone"][0]
    return layer


def _shared_parts(model: Any, parts: int, values: int) -> None:
    """Give many modules the same many values: small in the file, large for whoever walks through it."""
    import torch

    part = torch.nn.Module()
    part.__dict__.update({f"v{number}": number for number in range(values)})
    level = part
    for _ in range(3):
        upper = torch.nn.Module()
        upper._modules.update({str(number): level for number in range(parts)})
        level = upper
    model.model._modules["more"] = level


def _nested(model: Any, depth: int) -> None:
    import torch

    inner = torch.nn.Identity()
    for _ in range(depth):
        inner = torch.nn.Sequential(inner)
    model.model._modules["more"] = inner


# --- archives --------------------------------------------------------------------------------------------------------


def _archives() -> Iterator[tuple[str, bytes]]:
    whole = DEMO.read_bytes()
    for share in (0.001, 0.1, 0.5, 0.9, 0.999):
        yield f"cut-{share}", whole[: int(len(whole) * share)]
    yield "zeros-at-the-end", whole[:-70_000] + bytes(70_000)
    yield "page", b"<!DOCTYPE html><html><body>Sign in</body></html>"
    yield "pointer", b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"0" * 64 + b"\nsize 6000000\n"
    for method in (zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):
        yield f"packed-{method}", _repacked(lambda name, data: data, method)
        yield f"bomb-{method}", _repacked(lambda name, data: bytes(400 << 20) if name.endswith("/0") else data, method)
    for name in ("data.pkl", "byteorder", "version", "data/0"):
        yield (
            f"without-{name.replace('/', '-')}",
            _repacked(lambda path, data, name=name: None if path.endswith("/" + name) else data),
        )
        yield (
            f"empty-{name.replace('/', '-')}",
            _repacked(lambda path, data, name=name: b"" if path.endswith("/" + name) else data),
        )
        yield (
            f"long-{name.replace('/', '-')}",
            _repacked(lambda path, data, name=name: data * 400 if path.endswith("/" + name) else data),
        )
    yield "many-entries", _many_entries(60_000)
    yield "long-name", _many_entries(1, "a" * 65_000)
    for protocol in range(6):
        yield f"plain-{protocol}", pickle.dumps({"model": None, "epoch": 3}, protocol)
    yield "memo", b"\x80\x02]" + b"q\x000h\x00" * 200_000 + b"."
    yield "doubling", b"\x80\x02K\x01" + b"2\x86" * 10_000 + b"."  # a tuple of twice itself, ten thousand times
    yield "doubling-names", b"\x80\x02}X\x05\x00\x00\x00modelK\x01" + b"2\x86" * 300 + b"s."


def _repacked(change: Callable[[str, bytes], bytes | None], method: int = zipfile.ZIP_STORED) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(DEMO) as source, zipfile.ZipFile(packed, "w", method) as target:
        for entry in source.infolist():
            if (data := change(entry.filename, source.read(entry))) is not None:
                target.writestr(entry.filename, data)
    return packed.getvalue()


def _many_entries(count: int, name: str = "e") -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as target:
        for number in range(count):
            target.writestr(f"best/{name}{number}", b"")
        target.writestr("best/data.pkl", b"\x80\x02}.")
    return packed.getvalue()


def _damaged_descriptions(writer: Writer, count: int) -> Iterator[tuple[str, bytes]]:
    """Yield the demo with a damaged pickle in a whole archive."""
    from fuzz.mutators import mutated

    with zipfile.ZipFile(DEMO) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith("data.pkl"))
        pickled = archive.read(name)
    for _ in range(count):
        damaged = mutated([pickled], (b"builtins\neval", b"nn.SiLU()", b"yaml", b"_modules"), writer.chance)
        yield (
            "description",
            _repacked(lambda path, data, damaged=damaged: damaged if path.endswith("data.pkl") else data),
        )


def _flipped(writer: Writer, count: int) -> Iterator[tuple[str, bytes]]:
    """Yield the demo with a few wrong bytes, half of them where the archive's directory is."""
    whole = DEMO.read_bytes()
    end = struct.unpack_from("<I", whole, whole.rindex(b"PK\x05\x06") + 16)[0]
    for number in range(count):
        changed = bytearray(whole)
        first = end if number % 2 and end < len(whole) else 0
        for _ in range(writer.chance.choice((1, 2, 8))):
            changed[writer.chance.randrange(first, len(whole))] ^= writer.chance.randrange(1, 256)
        yield "flipped", bytes(changed)
