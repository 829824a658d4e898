"""Readers in a process of their own.

``python -m fuzz.child FOLDER NUMBER CASES SECONDS READER...`` damages files for each reader in turn;
``python -m fuzz.child FOLDER = READER FILE READER FILE ...`` reads files as they are.

Before each case its bytes lie in FOLDER/case, so that whoever waits knows what ended the process. Exit status 0 says
that all went well. Reader and number of each case are printed as it begins; at last those of the next one.
"""

import contextlib
import faulthandler
import random
import shutil
import signal
import sys
import time
from pathlib import Path

from fuzz.mutators import mutated
from fuzz.readers import READERS

GROWTH = 1024**3  # bytes that a reader may need beyond what it has after reading something sound
PATIENCE = 10  # seconds of the processor for one case; six times as long by the clock, for machines that are busy


def limit_growth() -> None:
    """Let allocations fail that would make the process larger by `GROWTH`; on Linux only."""
    with contextlib.suppress(ImportError, OSError):
        import resource

        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
        hard = resource.getrlimit(resource.RLIMIT_AS)[1]
        resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + GROWTH, hard))


def begin_case() -> None:
    """End the process, with a traceback of where it is, unless this is called again in time."""
    faulthandler.dump_traceback_later(6 * PATIENCE, exit=True)
    if hasattr(signal, "setitimer"):
        faulthandler.register(signal.SIGPROF, chain=True)
        signal.setitimer(signal.ITIMER_PROF, PATIENCE)


def begin_reader(folder: Path) -> Path:
    """Lift the limits of the reader before and return a folder without its files."""
    faulthandler.cancel_dump_traceback_later()
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_PROF, 0)
    with contextlib.suppress(ImportError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (resource.getrlimit(resource.RLIMIT_AS)[1],) * 2)
    work = folder / "work"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir()
    return work


def read_file(name: str, file: Path, folder: Path) -> None:
    """Read one file."""
    data, work = file.read_bytes(), begin_reader(folder)
    print(name, file, flush=True)
    limit_growth()
    begin_case()
    READERS[name].judge(data, work)


def damage(name: str, folder: Path, first: int, cases: int, seconds: float) -> None:
    """Read mutated files until their number or the time has been reached.

    Raises:
        AssertionError: the reader takes none of its own sound files.
    """
    reader, case, work = READERS[name], folder / "case", begin_reader(folder)
    seeds = reader.seeds(work)
    sound = [reader.judge(seed, work) for seed in seeds]
    if not any(sound):
        raise AssertionError("not one of the seeds is sound")
    limit_growth()
    end, number = time.monotonic() + seconds, first
    while number < first + cases and time.monotonic() < end:
        print(name, number, flush=True)
        data = mutated(seeds, reader.words, random.Random(f"{name} {number}"))
        case.write_bytes(data)
        begin_case()
        reader.judge(data, work)
        number += 1
    print(name, number, flush=True)
    case.unlink(missing_ok=True)


def main(arguments: list[str]) -> None:
    """Do what the arguments say; see above."""
    faulthandler.enable()
    folder = Path(arguments[0])
    if arguments[1] == "=":
        for name, file in zip(arguments[2::2], arguments[3::2], strict=True):
            read_file(name, Path(file), folder)
    else:
        for name in arguments[4:]:
            damage(name, folder, int(arguments[1]), int(arguments[2]), float(arguments[3]))
    faulthandler.cancel_dump_traceback_later()


if __name__ == "__main__":
    main(sys.argv[1:])
