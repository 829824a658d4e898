"""What ST Edge AI Core says about a compiled model, read from its report and its c_info, and compared.

The report is the only place that counts multiply-accumulates and gives the exact extent of the weights; the c_info has
exact byte counts. Both are of one run, and where they overlap they must agree: a pair that does not comes from two
runs, and a board programmed with it computes nonsense without a word.

Forms read: the report of releases 2.0 to 4.0, with either way of counting epochs, and c_info of schema 2.0.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from n6studio.board.compiler.epochs import epochs_of, pool_life, schedule_of
from n6studio.board.compiler.report_text import (
    ATONN,
    UNIT,
    VERSION,
    PoolUse,
    epochs_in,
    macc_in,
    pools_in,
    reading_report,
    text_of,
)
from n6studio.domain.errors.compiler import ReportContradicts, ReportUnreadable
from n6studio.domain.model.compiled import CompiledModel, Epochs
from n6studio.domain.model.speed import Epoch, PoolLife
from n6studio.gates.files import read_text
from n6studio.gates.json_texts import json_file

# The report rounds kB to three decimals and MB to three, so two counts may differ by half a step of the unit.
_ROUNDING = {"B": 0, "kB": 1, "MB": 1049}


@dataclass(frozen=True)
class Tensor:
    """An input or output, as the compiler describes it: type 'uint8', 'int8' or 'float32', shape as it prints it."""

    name: str
    type: str
    shape: tuple[int, ...]
    scale: float | None = None
    zero_point: int | None = None


@dataclass(frozen=True)
class CompileReport:
    """What one compilation amounts to.

    Attributes:
        compiler: version of ST Edge AI Core, such as '2.1.0-20194'.
        neural_art: version of the NPU compiler, such as '1.1.0-31'.
        model: name of the model's file without ending.
        signature: of the model, as the c_info has it; "" where absent.
        pools: every memory, virtual ones left out.
        weights_bytes: bytes of weights, exactly.
        weights_pool: name of the pool that they lie in.
        weights_range: addresses that they take, end excluded: what must be programmed there.
        activations_bytes: bytes of activations.
        macc: multiply-accumulates; None where not reported.
        epochs: how it is computed.
        inputs, outputs: tensors.
        blobs_bytes: bytes of command blobs; None where not reported.
        steps: every epoch, with what it computes and where.
        life: how full each memory is at each epoch.
    """

    compiler: str
    neural_art: str
    model: str
    signature: str
    pools: tuple[PoolUse, ...]
    weights_bytes: int
    weights_pool: str
    weights_range: tuple[int, int]
    activations_bytes: int
    macc: int | None
    epochs: Epochs
    inputs: tuple[Tensor, ...] = ()
    outputs: tuple[Tensor, ...] = ()
    blobs_bytes: int | None = None
    steps: tuple[Epoch, ...] = ()
    life: tuple[PoolLife, ...] = ()

    @property
    def summary(self) -> CompiledModel:
        """What results and people get of it."""
        return CompiledModel(
            compiler=f"ST Edge AI Core {self.compiler}, Neural-ART {self.neural_art}",
            macc=self.macc,
            weights_bytes=self.weights_bytes,
            activations_bytes=self.activations_bytes,
            epochs=self.epochs,
            steps=self.steps,
            pools=self.life,
        )

    @property
    def weights_address(self) -> int:
        """Where the weights must be programmed."""
        return self.weights_range[0]


def read_compile_report(report: Path, c_info: Path, blobs: Path | None = None) -> CompileReport:
    """Read both files of one compilation.

    Args:
        report: network_generate_report.txt.
        c_info: network_c_info.json of the same run.
        blobs: network_ecblobs.h, to count the command blobs' bytes.

    Raises:
        ReportUnreadable: one of them is cut off or of another form.
        ReportContradicts: they are not of the same run.
    """
    text, info = text_of(report), _info_of(c_info)
    pools = pools_in(report, text)
    weights = max(pools, key=lambda pool: pool.weights)
    if weights.first is None or weights.last is None:
        raise ReportUnreadable(path=report, reason="it does not say where the weights lie")
    try:
        found = _from_info(info)
        schedule = schedule_of(info)
        steps, life = epochs_of(schedule, text), pool_life(schedule)
        _compare(report, c_info, text, info, pools, weights)
    except (KeyError, TypeError, ValueError, IndexError, OverflowError) as error:
        raise ReportUnreadable(path=c_info, reason=f"it is not a c_info of schema 2.0 ({error!r})") from error
    return CompileReport(
        compiler=found["compiler"],
        neural_art=found["neural_art"],
        model=found["model"],
        signature=found["signature"],
        pools=pools,
        weights_bytes=found["weights"],
        weights_pool=weights.name,
        weights_range=(weights.first, weights.last),
        activations_bytes=found["activations"],
        macc=macc_in(text),
        epochs=epochs_in(report, text),
        inputs=found["inputs"],
        outputs=found["outputs"],
        blobs_bytes=None if blobs is None else count_blobs(blobs),
        steps=steps,
        life=life,
    )


# --- the c_info ------------------------------------------------------------------------------------------------------


def _info_of(path: Path) -> dict[str, Any]:
    try:
        with reading_report(path):
            info = json_file(path)
    except ValueError as error:
        raise ReportUnreadable(path=path, reason="it is cut off or no JSON") from error
    if not isinstance(info, dict) or "memory_footprint" not in info:
        what = "'validate' has overwritten it" if isinstance(info, dict) and "validation" in info else "of another form"
        raise ReportUnreadable(path=path, reason=f"it has no memory footprint ({what})")
    return info


def _from_info(info: dict[str, Any]) -> dict[str, Any]:
    core, atonn = info["environment"]["tools"][:2]
    graph = info["graphs"][0]
    return {
        "compiler": str(core["version"]).split()[0],
        "neural_art": str(atonn["version"]).split()[0],
        "model": str(core["input_model"]["name"]),
        "signature": str(info["environment"].get("network_signature", "")),
        "weights": int(info["memory_footprint"]["weights"]),
        "activations": int(info["memory_footprint"]["activations"]),
        "inputs": tuple(_tensor(item) for item in graph["original_inputs"]),
        "outputs": tuple(_tensor(item) for item in graph["original_outputs"]),
    }


def _tensor(item: dict[str, Any]) -> Tensor:
    form = item["data_format"]
    kinds = {"FLOAT": "float", "S": "int", "U": "uint", "SIGNED": "int", "UNSIGNED": "uint"}
    kind = re.sub(r"\d+$", "", str(form["type"]))
    scales, zeros = form.get("scale") or [], form.get("zero") or []
    return Tensor(
        name=str(item["name"]),
        type=f"{kinds.get(kind, kind.lower())}{int(form['size'])}",
        shape=tuple(int(value) for value in item["shape"]),
        scale=float(scales[0]) if scales else None,
        zero_point=int(zeros[0]) if zeros else None,
    )


def _compare(
    report: Path, c_info: Path, text: str, info: dict[str, Any], pools: tuple[PoolUse, ...], weights: PoolUse
) -> None:
    """Refuse two files that are not of the same run."""

    def differ(what: str, first: object, second: object) -> ReportContradicts:
        return ReportContradicts(
            what=what, first=report.name, first_value=str(first), second=c_info.name, second_value=str(second)
        )

    version = VERSION.search(text)
    reported = str(info["environment"]["tools"][0]["version"]).split()[0]
    if version is None or version[1] != reported:
        raise differ("version of ST Edge AI Core", version[1] if version else "?", reported)
    atonn = ATONN.search(text)
    other = str(info["environment"]["tools"][1]["version"]).split()[0]
    if atonn is not None and atonn[1] != other:
        raise differ("version of the NPU compiler", atonn[1], other)
    by_name = {str(pool["name"]): pool for pool in info["memory_pools"]}
    for pool in pools:
        entry = by_name.get(pool.name)
        if entry is None:
            continue
        if int(entry["address"]) != pool.start:
            raise differ(f"address of {pool.name}", f"0x{pool.start:08X}", f"0x{int(entry['address']):08X}")
        if abs(int(entry["used_size_bytes"]) - pool.used) > max(_tolerance(pool.used), 64):
            raise differ(f"bytes used of {pool.name}", pool.used, entry["used_size_bytes"])
    footprint = int(info["memory_footprint"]["weights"])
    extent = (weights.last or 0) - (weights.first or 0)
    if not 0 <= extent - footprint <= 4096:
        raise differ("bytes of weights", extent, footprint)


def _tolerance(amount: int) -> int:
    return _ROUNDING["MB"] if amount >= UNIT["MB"] else _ROUNDING["kB"] if amount >= UNIT["kB"] else 0


# --- the command blobs -----------------------------------------------------------------------------------------------


def count_blobs(path: Path) -> int:
    """Return the bytes of all command blobs in a network_ecblobs.h.

    Raises:
        ReportUnreadable: it cannot be read, or has none.
    """
    with reading_report(path):
        text = read_text(path, errors="replace")
    total = 0
    for width, body in re.findall(r"\buint(8|16|32|64)_t\s+\w+\s*\[[^\][{}]*\]\s*=\s*\{([^{}]*)\}", text):
        total += body.count("0x") * int(width) // 8
    if not total:
        raise ReportUnreadable(path=path, reason="it holds no command blob")
    return total
