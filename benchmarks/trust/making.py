"""How inputs are made: ``python -m trust.making KIND FOLDER COUNT SEED CANARIES`` writes COUNT or more of a kind.

In a process of its own: what is large here would count as the memory of every command that is started. The same seed
makes the same inputs. Whatever attacks touches or writes below CANARIES when it has its way.
"""

import importlib
import random
import re
import sys
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DEMO = ROOT / "resources" / "demo" / "n6demo-pose.pt"
SMALL_TFLITE = ROOT / "tests" / "data" / "n6demo_192_per_tensor.tflite"
FIXTURES = ROOT / "tests" / "fixtures"
KINDS = (
    "checkpoints", "onnx", "savedmodels", "tflite", "labels", "yaml", "projects", "releases", "recordings", "streams",
)  # fmt: skip


class Writer:
    """Gives every input a number and a name of its own below `folder`.

    Args:
        folder: where to.
        count: how many are wanted.
        chance: what decides, the same for the same seed.
        canaries: the folder that nothing may change.
    """

    def __init__(self, folder: Path, count: int, chance: random.Random, canaries: Path) -> None:
        self.folder, self.count, self.chance, self.canaries = folder, count, chance, canaries
        self.made = 0

    @property
    def missing(self) -> int:
        """Return how many are still wanted."""
        return max(self.count - self.made, 0)

    def place(self, name: str) -> Path:
        """Return the path of the next input, which is not there yet."""
        self.made += 1
        plain = re.sub(r"[^\w.-]", "_", name, flags=re.ASCII)
        return self.folder / f"{self.made:05d}-{plain[:80]}"

    def files(self, suffix: str, cases: Iterable[tuple[str, bytes]]) -> None:
        """Write a file for each case."""
        for name, data in cases:
            self.place(f"{name[:60]}{suffix}").write_bytes(data)

    def mutated(self, reader: str, suffix: str, seeds: list[bytes] | None = None) -> None:
        """Fill up with what `tests/fuzz` makes of sound files: of the reader's own, or of those that are given."""
        from fuzz.mutators import mutated
        from fuzz.readers import READERS

        work = self.folder.parent / f"{self.folder.name}-seeds"
        work.mkdir(exist_ok=True)
        known = seeds or READERS[reader].seeds(work)
        self.files(
            suffix, (("damaged", mutated(known, READERS[reader].words, self.chance)) for _ in range(self.missing))
        )


def main(kind: str, folder: str, count: str, seed: str, canaries: str) -> None:
    sys.path[:0] = [str(ROOT / "tests"), str(ROOT)]
    writer = Writer(Path(folder), int(count), random.Random(f"{kind} {seed}"), Path(canaries))
    importlib.import_module(f"trust.{kind}").make(writer)


if __name__ == "__main__":
    main(*sys.argv[1:])
