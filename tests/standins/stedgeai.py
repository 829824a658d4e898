"""Stands in for ST Edge AI Core: same command lines, same words, same files.

Its figures are computed: weights and multiply-accumulates from the .tflite, activations from its largest tensors, their
places and the flash address from the memory pools that the command line leads to. What it is told of by `stedgeai.json`
beside it goes wrong; see `Manner`.
"""

import argparse
import hashlib
import json
import sys
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
VARIABLE = "N6_STANDIN_STEDGEAI"

RELEASES = {
    "2.0": ("2.0.0-20049 5ee2f0f00", (1, 0, 0, 16), "_OE_3_1_0"),
    "2.1": ("2.1.0-20194 329b0e98d", (1, 1, 0, 31), "_OE_3_2_0"),
    "2.2": ("2.2.0-20266 2adc00962", (1, 1, 1, 14), "_OE_3_3_0"),
    "4.0": ("4.0.0-20500 359356bb0", (1, 1, 3, 262), "_OE_3_3_1"),
    "4.0.1": ("4.0.1-20581 2f3a7c1d0", (1, 1, 3, 275), "_OE_3_3_1"),
}
OPTIONS = {
    "-O3", "--all-buffers-info", "--mvei", "--cache-maintenance", "--Oalt-sched", "--native-float", "--Os",
    "--enable-virtual-mem-pools", "--Omax-ca-pipe", "4", "--Ocache-opt", "--enable-epoch-controller", "--Oauto-sched",
    "--no-hw-sw-parallelism", "--optimization", "3",
}  # fmt: skip


@dataclass(frozen=True)
class Manner:
    """How the stand-in behaves.

    Attributes:
        release: which one it plays.
        trouble: '' for none; 'model', 'layer', 'internal', 'ir_version' print ST's words for it; 'consent' asks a
            question and waits; 'silent' says nothing more; 'printed_error' tells of an error and ends with 0; 'missing'
            leaves files out and ends with 0; 'truncated' cuts the report short; 'other_run' leaves a c_info of another
            run; 'wrong_address' puts weights elsewhere than the pools say; 'weights_in_ram' likewise; 'size_failed'
            fails to compute a size and succeeds; 'not_quantized' warns; 'overwritten' leaves validate's c_info;
            'other_code' makes other blobs; 'no_space' finds the disk full; 'stale' writes nothing new over old files.
        unallocated: bytes that find no place; None to compute it.
    """

    release: str = "2.1"
    trouble: str = ""
    unallocated: int | None = None


def install(folder: Path, release: str = "2.1") -> Path:
    """Put a stand-in where an installer puts the real one, below `folder`; return the program."""
    home = folder / release / "Utilities" / "linux"
    home.mkdir(parents=True)
    program = home / "stedgeai"
    lines = ["#!/bin/sh", f"export PYTHONPATH='{ROOT}'", f"export {VARIABLE}='{home}'"]
    program.write_text("\n".join([*lines, f"'{sys.executable}' '{HERE / 'stedgeai.py'}' \"$@\"", "exit $?", ""]))
    program.chmod(0o755)
    behave(program, release=release)
    return program


def behave(program: Path, **changes: object) -> None:
    """Change how an installed stand-in behaves."""
    file = program.parent / "stedgeai.json"
    now = Manner(**json.loads(file.read_text())) if file.exists() else Manner()
    file.write_text(json.dumps(asdict(replace(now, **changes))))


def main(words):
    """Run the tool."""
    import os

    manner = Manner(**json.loads((Path(os.environ[VARIABLE]) / "stedgeai.json").read_text()))
    version, runtime, suffix = RELEASES[manner.release]
    say(f"ST Edge AI Core v{version}")
    if words == ["--version"]:
        return 0
    given = parsed(words, manner.release)
    if manner.trouble == "consent":
        print("Do you accept that usage statistics are collected? (y/n) ", end="", flush=True)
        sys.stdin.read()  # nothing comes, and it goes on waiting
        time.sleep(600)
    if manner.trouble == "silent":
        time.sleep(600)
    return Generation(given, manner, version, runtime, suffix).run()


def say(line=""):
    print(line, flush=True)


def parsed(words, release):
    parser = argparse.ArgumentParser(prog="stedgeai", allow_abbrev=False)
    commands = parser.add_subparsers(required=True)
    generate = commands.add_parser("generate", allow_abbrev=False)
    generate.add_argument("-m", "--model", type=Path, required=True)
    generate.add_argument("--target", required=True, choices=["stm32n6"])
    generate.add_argument("--st-neural-art", required=True)
    generate.add_argument("-n", "--name", default="network")
    generate.add_argument("-o", "--output", type=Path, default=Path("st_ai_output"))
    generate.add_argument("-w", "--workspace", type=Path, default=Path("st_ai_ws"))
    generate.add_argument("--input-data-type", choices=["uint8", "int8", "float32"])
    generate.add_argument("--output-data-type", choices=["uint8", "int8", "float32"])
    generate.add_argument("--no-inputs-allocation", action="store_true")
    generate.add_argument("--no-outputs-allocation", action="store_true")
    if release not in ("2.0", "2.1"):
        generate.add_argument("--c-api", choices=["st-ai", "legacy"])
    try:
        return parser.parse_args(words)
    except SystemExit:
        say("INTERNAL: see usage above")
        raise SystemExit(2) from None


class Generation:
    """One run of generate."""

    def __init__(self, given, manner, version, runtime, suffix):
        self.given, self.manner, self.version, self.runtime = given, manner, version, runtime
        self.suffix = suffix
        self.atonn = f"{runtime[0]}.{runtime[1]}.{runtime[2]}-{runtime[3]}"

    def run(self):
        from n6studio.stages.inspect.tflite import read_tflite

        for part in (0, 12, 57, 100):
            print(f"\rPASS: {part:3}%|{'#' * (part // 10):10}| {part}/100 [00:01<?, ?it/s]", end="", flush=True)
        say()
        if trouble := self.refused():
            return trouble
        self.pools = self.read_pools()
        if self.pools is None:
            return 255
        self.facts = read_tflite(self.given.model)
        self.used = self.placed()
        say(" >>>> EXECUTING NEURAL ART COMPILER ")
        say(f"   atonn -i {self.given.model.stem}{self.suffix}.onnx")
        if isinstance(self.used, int):
            say("      >>> Shell execution has FAILED (returned code = 1)")
            say("      Warning: Oauto did not find valid compile options: aborting")
            say(f"      total bytes left unallocated={self.used}")
            say("   E103(CliRuntimeError): Error calling the Neural Art compiler")
            return 255
        say(" <<<< DONE EXECUTING NEURAL ART COMPILER ")
        self.summary()
        if self.manner.trouble == "stale":
            return 0
        self.write()
        say("elapsed time (generate): 0.563s")
        return 0

    def refused(self):
        """Print what the manner says goes wrong before the compiler runs; return the exit code, None to go on."""
        trouble = self.manner.trouble
        if self.given.model.suffix != ".tflite" or self.given.model.read_bytes()[4:8] != b"TFL3":
            say("E010(InvalidModelError): Couldn't load the TFLite model")
            return 255
        texts = {
            "model": "E010(InvalidModelError): Couldn't load Keras model, quantization_config is not known",
            "layer": "NOT IMPLEMENTED: Unkonwn layer format for layer GRID_SAMPLE_7",
            "internal": "TOOL ERROR: list index out of range",
            "ir_version": "INTERNAL ERROR: Your model ir_version 10 is higher than the checker's (9).",
            "printed_error": "E103(CliRuntimeError): Error calling the Neural Art compiler",
            "no_space": "OSError: [Errno 28] No space left on device",
        }
        if trouble in texts:
            say(texts[trouble])
            return 0 if trouble == "printed_error" else 255
        if trouble == "not_quantized":
            for name in ("model_23_Sub_1", "model_23_Div_1"):
                say(f"WARNING: {name} is not quantized")
        return None

    def read_pools(self):
        """Follow the command line to the profile and its pools, as the tool does: relative to the working folder."""
        profile, _, file = self.given.st_neural_art.partition("@")
        try:
            chosen = json.loads(Path(file).read_text())["Profiles"][profile]
            unknown = [word for word in chosen["options"].split() if word not in OPTIONS]
            if unknown:
                say(f"E103(CliRuntimeError): Unknown option {unknown[0]}")
                return None
            pools = json.loads(Path(chosen["memory_pool"]).read_text())["memory"]["mempools"]
        except (OSError, KeyError, ValueError) as error:
            say(f"E103(CliRuntimeError): {error!r}")
            return None
        units = {"BYTES": 1, "KBYTES": 1024, "MBYTES": 1 << 20}
        return [
            {
                "name": pool["name"],
                "fname": pool["fname"],
                "start": int(pool["offset"]["value"], 16),
                "size": int(pool["size"]["value"]) * units[pool["size"]["magnitude"]],
                "rights": pool["prop"]["rights"],
            }
            for pool in pools
        ]

    def placed(self):
        """Return pool name -> bytes used, or how many bytes found no place. Fast memories are filled first."""
        _, height, width, _ = self.facts.inputs[0].shape
        self.activations = 24 * width * height  # about what ST published for YOLOv8n-pose at 192 to 320 pixels
        self.weights = self.facts.weights_bytes
        if self.manner.unallocated is not None:
            return self.manner.unallocated
        left, used = self.activations, {}
        fast = [pool for pool in self.pools if pool["rights"] == "ACC_WRITE" and pool["size"]]
        for pool in sorted(fast, key=lambda pool: ("npu" not in pool["name"], pool["start"])):
            part = min(left, pool["size"])
            if part:
                used[pool["name"]] = part
            left -= part
        if left:
            return left
        name = "npuRAM6" if self.manner.trouble == "weights_in_ram" else self.constant()["name"]
        used[name] = used.get(name, 0) + self.weights
        return used

    def constant(self):
        """Return the pool that weights go to."""
        return next(pool for pool in self.pools if pool["rights"] == "ACC_READ")

    def summary(self):
        say(" Exec/report summary (generate)")
        say(f" model file         :   {self.given.model}")
        say(f" weights (ro)       :   {self.weights:,} B")
        say(f" activations (rw)   :   {self.activations:,} B")
        say("Computing AI RT data/code size (target=stm32n6npu)..")
        if self.manner.trouble == "size_failed":
            say(">>> Shell execution has FAILED (returned code = 1)")

    # --- files -------------------------------------------------------------------------------------------------------

    def write(self):
        out = self.given.output
        out.mkdir(parents=True, exist_ok=True)
        self.given.workspace.mkdir(parents=True, exist_ok=True)
        flash = self.constant()
        self.flash = flash["start"] + (0x10000 if self.manner.trouble == "wrong_address" else 0)
        names = {
            f"{self.given.model.stem}{self.suffix}.onnx": b"onnx",
            "network.c": self.code().encode(),
            "network_ecblobs.h": self.blobs().encode(),
            f"network_atonbuf.{flash['fname']}.raw": self.weights_file(),
            "network_c_info.json": json.dumps(self.c_info(), indent=1).encode(),
            "network_generate_report.txt": self.report().encode(),
        }
        if self.manner.release not in ("2.0", "2.1"):
            names |= {"stai_network.c": b"/* stai */\n", "stai_network.h": b"/* stai */\n"}
        if self.manner.trouble == "missing":
            del names["network_ecblobs.h"]
        for name, content in names.items():
            (out / name).write_bytes(content)
        say(f" Generated files ({len(names)})")

    def code(self):
        major, minor, micro, dev = self.runtime
        kind, flash = "error" if self.manner.release == "4.0" else "warning", self.constant()
        return (
            '#include "ll_aton_version.h"\n'
            f"#if LL_ATON_VERSION_MAJOR != {major} || LL_ATON_VERSION_MINOR != {minor} || "
            f"LL_ATON_VERSION_MICRO != {micro} || LL_ATON_VERSION_DEV != {dev}\n"
            f'#  {kind} "Possible mismatch in ll_aton library used"\n#endif\n'
            f"/* index=8 file postfix={flash['fname']} name={flash['name']} offset=0x{self.flash:08x}  "
            "absolute_mode READ_ONLY */\n"
            '#include "network_ecblobs.h"\n'
            f"const unsigned char *const network_weights = (const unsigned char *)0x{self.flash:08X}UL;\n"
            "const void *network_commands(void) { return _ec_blob_1; }\n"
        )

    def blobs(self):
        first = 7 if self.manner.trouble == "other_code" else 0
        words = ", ".join(f"0x{first + index:016x}UL" for index in range(max(8, self.facts.parameters // 200)))
        return f"#include <stdint.h>\nstatic const uint64_t _ec_blob_1 [] =\n{{\n  {words}\n}};\n"

    def extent(self, name):
        """Return the addresses that a pool uses; the end is rounded up as the real compiler does."""
        pool = next(pool for pool in self.pools if pool["name"] == name)
        start = self.flash if pool == self.constant() else pool["start"]
        return start, start + (self.used.get(name, 0) + 15) // 16 * 16

    def report(self):
        lines = [
            f"ST Edge AI Core v{self.version}",
            "Created date          : 2026-11-24 10:00:00",
            f"Parameters            : generate --model {self.given.model}",
            "",
            f"Model name - {self.given.model.stem}",
            f"model: macc={self.facts.macs:,} weights={self.weights:,} activations=-- io=--",
            "",
            "Compilation details",
            "-" * 84,
            f"Compiler version: {self.atonn}",
            "Compiler arguments:  -i model.onnx",
            "=" * 84,
            "",
            "Memory usage information  (input/output buffers are included in activations)",
            "-" * 84,
            *(self.row(pool) for pool in self.pools),
            "---",
            f"Total: {amount(sum(self.used.values()))} ",
            "=" * 84,
            "",
            "Used memory ranges",
            "-" * 84,
            *(self.range_row(pool) for pool in self.pools if self.used.get(pool["name"])),
            "=" * 84,
            "",
            "Epochs details",
            "-" * 84,
            *self.epochs(),
            "=" * 84,
        ]
        text = "\n".join(lines) + "\n"
        return text[: text.index("Used memory ranges") - 200] if self.manner.trouble == "truncated" else text

    def row(self, pool):
        used = self.used.get(pool["name"], 0)
        weights = self.weights if pool == self.constant() and used else 0
        if self.manner.trouble == "weights_in_ram" and pool["name"] == "npuRAM6":
            weights = self.weights
        percent = 100 * used / pool["size"] if pool["size"] else 0.0
        start = self.flash if pool == self.constant() else pool["start"]
        return (
            f"\t{pool['name']:10} [0x{start:08X} - 0x{start + pool['size']:08X}]: "
            f"{amount(used)} / {amount(pool['size'])} "
            f" ({percent:6.2f} % used) -- weights: {amount(weights)} (  0.00 % used)  "
            f"activations: {amount(used - weights)} (  0.00 % used)"
        )

    def range_row(self, pool):
        first, last = self.extent(pool["name"])
        return f"\t{pool['name']:10} [0x{first:08X} - 0x{first + pool['size']:08X}]: 0x{first:08X}-0x{last:08X}"

    def epochs(self):
        count = self.epoch_count()
        kinds = ["EC"] * (count - 2) + ["-SW-", "??"]
        if self.manner.release != "4.0":
            yield f"Total number of epochs: {count} of which 1 implemented in software"
            yield "---"
            yield "epoch ID   HW/SW/EC Operation (SW only)"
            yield from (f"epoch {number:<6} {kind:>4}    " for number, kind in enumerate(kinds, 1))
            return
        yield f"Total number of epochs {count:>30}"
        yield ">> pure software (SW) epochs                          1"
        yield ">> hybrid epochs (using both software and hardware)   1"
        packed = "(implemented in 1 epoch controller blobs/meta epochs)"
        yield f">> pure hardware (HW or EC) epochs {count - 2:>19}  {packed}"

    def weights_file(self):
        """Return weights that other models have otherwise."""
        first = hashlib.sha256(self.given.model.read_bytes()).digest()[0]
        return bytes((first + index) & 0xFF for index in range(self.weights))

    def epoch_count(self):
        return 4 + len(self.facts.float_operations)

    def nodes(self):
        """Return the epochs as the c_info lists them: all on the NPU but the last two, and one of constants before."""
        count = self.epoch_count()
        kinds = ["Param"] + ["Conv"] * (count - 2) + ["DequantizeLinear", "Concat"]
        places = ["HW"] + ["EC"] * (count - 2) + ["SW", "SW_HW"]
        for number, (kind, place) in enumerate(zip(kinds, places, strict=True)):
            inner = {"name": f"{kind}_{number}", "description": f"Node kind={kind}", "mapping": f"NODE_{place}"}
            yield {
                "id": 100 + number,
                "name": f"epoch_{number}",
                "mapping": f"NODE_{place}",
                "inputs": [],
                "outputs": [1],
                "subgraph_nodes": [inner],
            }

    def buffers(self):
        """Return one buffer a memory that is written, alive from beginning to end."""
        filled = [index for index, pool in enumerate(self.pools) if pool["rights"] == "ACC_WRITE"]
        for number, index in enumerate(filled, 1):
            yield {
                "id": number,
                "mpool_id": index,
                "is_param": False,
                "offset_start": 0,
                "size_bytes": self.used.get(self.pools[index]["name"], 0),
                "nbits": 8,
                "format": "STAI_FORMAT_S8",
                "epochs": {"start": 0, "end": self.epoch_count()},
            }

    def cycles(self):
        """Return what the NPU is expected to take: a cycle for every 64 multiply-accumulates, in even parts."""
        share = self.facts.macs // 64 // (self.epoch_count() - 2)
        return [{"node_id": 100 + number, "max_cycles": share} for number in range(1, self.epoch_count() - 1)]

    def c_info(self):
        if self.manner.trouble == "overwritten":
            return {"json_schema_version": "2.0", "environment": {}, "validation": {}}
        version = "2.1.0-20000 000000000" if self.manner.trouble == "other_run" else self.version
        core = {"name": "ST.EdgeAI.Core", "version": version, "input_model": {"name": self.given.model.stem}}
        atonn = {"name": "ATONN Compiler", "version": self.atonn, "input_model": {}}
        return {
            "json_schema_version": "2.0",
            "environment": {"tools": [core, atonn], "network_signature": "0x867461e7b0830c00"},
            "memory_footprint": {"weights": self.weights, "activations": self.activations, "series": "generic"},
            "memory_pools": [self.pool_info(index, pool) for index, pool in enumerate(self.pools)],
            "graphs": [
                {
                    "original_inputs": [self.tensor(self.facts.inputs[0], self.given.input_data_type)],
                    "original_outputs": [
                        self.tensor(output, self.given.output_data_type) for output in self.facts.outputs
                    ],
                    "nodes": list(self.nodes()),
                }
            ],
            "buffers": list(self.buffers()),
            "power_estimates": self.cycles(),
        }

    def pool_info(self, index, pool):
        start = self.flash if pool == self.constant() else pool["start"]
        return {
            "id": index,
            "name": pool["name"],
            "address": str(start),
            "size_bytes": pool["size"],
            "used_size_bytes": self.used.get(pool["name"], 0),
            "rights": pool["rights"],
        }

    def tensor(self, facts, asked):
        kind = asked or ("float32" if facts.type == "float" else facts.type)
        sort = {"float32": "FLOAT", "uint8": "U8", "int8": "S8"}[kind]
        scale = [facts.scale] if facts.scale else []
        form = {"type": sort, "size": 32 if kind == "float32" else 8, "scale": scale, "zero": [0] if scale else []}
        return {"name": facts.name, "shape": list(facts.shape), "data_format": form}


def amount(count):
    """Return bytes as the report writes them, in columns."""
    for unit, size in (("MB", 1 << 20), ("kB", 1024)):
        if count >= size:
            return f"{count / size:10.3f} {unit}"
    return f"{count:10}  B"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
