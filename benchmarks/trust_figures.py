"""What hostile and damaged files do to the program, what kills leave behind, and what the sandbox costs.

    python benchmarks/trust_figures.py [--kinds KIND=COUNT ...] [--inputs KIND=FOLDER ...] [--seed 0] [--log FILE]
        [--kills 300] [--rounds 3 --model MODEL.pt --calibration FOLDER [--data DATA]]

Every file goes through the command that a user types, in a process of its own. KIND is one of those in
`trust/making.py`, which makes COUNT or more of each, the same for the same seed; with N6_SHARED set, from generators
and files below N6_SHARED/cases, too. Other folders of inputs come by --inputs. The log has what each of them printed.
"""

import argparse
import sys
import tempfile
from pathlib import Path

from trust.judging import COUNTED, Figures, inputs_of, judge, made
from trust.kills import measure_kills
from trust.making import KINDS
from trust.walls import measure_walls


def measure_files(options: argparse.Namespace) -> None:
    """Print the table of all kinds, and what was remarkable."""
    table: dict[str, Figures] = {}
    with tempfile.TemporaryDirectory(prefix="n6studio-trust-") as name, options.log.open("a") as log:
        place, canaries = Path(name), Path(name) / "can"
        canaries.mkdir()
        (canaries / "kept").write_text("nobody changes this\n")
        for kind, _, given in (one.partition("=") for one in (*options.kinds, *options.inputs)):
            own = given.isdigit()
            files = made(kind, place, int(given), options.seed, canaries) if own else inputs_of(Path(given), kind)
            figures = table.setdefault(kind, Figures())
            for file in files:
                judge(kind, file, canaries, figures, log)
            print(f"{kind:<14}" + "".join(f"{name}: {figures.counts[name]}  " for name in COUNTED))
            print("".join(f"  {line}\n" for line in figures.remarkable), end="")
    print(f"\n{'kind':<14}" + "".join(f"{name:>16}" for name in COUNTED))
    for kind, figures in table.items():
        print(f"{kind:<14}" + "".join(f"{figures.counts[name]:>16}" for name in COUNTED))


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--kinds", action="append", default=[], metavar="KIND=COUNT", help=f"of {', '.join(KINDS)}")
    parser.add_argument("--inputs", action="append", default=[], metavar="KIND=FOLDER")
    parser.add_argument("--kills", type=int, default=0)
    parser.add_argument("--rounds", type=int, default=0, help="of the timing with and without walls")
    parser.add_argument("--model", type=Path, help="a checkpoint, to time with")
    parser.add_argument("--calibration", type=Path, help="folder of images, to time with")
    parser.add_argument("--data", type=Path, help="labelled data, to time with (default: the images)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--log", type=Path, default=Path("trust_figures.log.jsonl"))
    options = parser.parse_args()
    sys.stdout.reconfigure(line_buffering=True)  # long runs are watched
    for name in ("model", "calibration", "data"):
        if (path := getattr(options, name)) is not None:
            setattr(options, name, path.resolve())
    if options.kinds or options.inputs:
        measure_files(options)
    if options.kills:
        measure_kills(options.kills, options.seed)
    if options.rounds:
        measure_walls(options)


if __name__ == "__main__":
    main()
