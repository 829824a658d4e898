"""One reader in a process of its own: ``python -m fuzz.child READER FOLDER FIRST CASES SECONDS`` or ``... = FILE``.

Before each case its bytes lie in FOLDER/case, so that whoever waits knows what ended the process. Exit status 0 says
that all went well. The numbers of the cases are printed as they begin; at last that of the next one.
"""

import contextlib
import faulthandler
import random
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
        resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + GROWTH,) * 2)


def begin_case() -> None:
    """End the process, with a traceback of where it is, unless this is called again in time."""
    faulthandler.dump_traceback_later(6 * PATIENCE, exit=True)
    if hasattr(signal, "setitimer"):
        faulthandler.register(signal.SIGPROF, chain=True)
        signal.setitimer(signal.ITIMER_PROF, PATIENCE)


def main(arguments: list[str]) -> None:
    """Read one file, or mutated ones until their number or the time has been reached."""
    reader, folder = READERS[arguments[0]], Path(arguments[1])
    case, work = folder / "case", folder / "work"
    work.mkdir(exist_ok=True)
    faulthandler.enable()
    if arguments[2] == "=":
        limit_growth()
        begin_case()
        reader.judge(Path(arguments[3]).read_bytes(), work)
        return
    seeds = reader.seeds(work)
    sound = [reader.judge(seed, work) for seed in seeds]
    if not any(sound):
        raise AssertionError("not one of the seeds is sound")
    limit_growth()
    first, cases, seconds = int(arguments[2]), int(arguments[3]), float(arguments[4])
    end, number = time.monotonic() + seconds, first
    while number < first + cases and time.monotonic() < end:
        print(number, flush=True)
        data = mutated(seeds, reader.words, random.Random(f"{arguments[0]} {number}"))
        case.write_bytes(data)
        begin_case()
        reader.judge(data, work)
        number += 1
    faulthandler.cancel_dump_traceback_later()
    print(number)


if __name__ == "__main__":
    main(sys.argv[1:])
