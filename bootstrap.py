"""Set N6 Studio up and start it: ``python3 bootstrap.py``. Needs nothing but Python.

The first start makes a private environment (``.venv``) beside this file and installs the pinned versions into it; later
starts see that it is there and go straight on. The window starts on the base layer of packages; what converts models
gets the conversion layer first. Everything behind the file's name is passed to N6 Studio, except:

    python3 bootstrap.py test [PYTEST OPTIONS]   check the code and run all tests
    python3 bootstrap.py mutate [FILES]          see whether the quick tests notice small mistakes
    python3 bootstrap.py fuzz [--reader NAME]    damage files for every reader, until stopped
    python3 bootstrap.py --repair [...]          make the environment anew, then go on as usual
    python3 bootstrap.py --set-up-only           make the environment and stop
    python3 bootstrap.py --help                  show this

This file must parse on Python 3.8, so that it can explain itself where Python is too old: no newer syntax here.
"""

from __future__ import annotations

import concurrent.futures
import contextlib
import errno
import hashlib
import importlib
import importlib.util
import json
import os
import platform
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import threading
import time
import xml.etree.ElementTree
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent
LISTS = Path("packaging")
BASE, CONVERSION, MEDIA, DEVELOP = "base", "conversion", "media", "develop"  # lists of pinned versions
# What kind of set-up needs which lists; "base" opens the window, "run" converts, "test" is for developers.
KINDS = {"base": (BASE,), "run": (BASE, CONVERSION), "test": (BASE, CONVERSION, MEDIA, DEVELOP)}
# Commands that convert, and so need the conversion layer from the start; others say so when they meet a checkpoint.
CONVERTING = ("export", "quantize", "run", "demo")

OLDEST = (3, 11)
TOO_NEW = (3, 13) if sys.platform == "darwin" else (3, 14)  # of 3.13, NumPy 1.26 has no files, which macOS needs
PREFERRED = ("3.11", "3.12", "3.13")  # the first is what the pinned versions are tested with
FETCHED = "3.12"  # what uv gets

# Measured after a set-up, downloads included, and rounded up.
NEEDED_GB = {"base": 1.2, "run": 4.0, "test": 4.4}

GB_OF_SLOW_TESTS = 3  # a process with torch and TensorFlow, and a stage's beside it

HEARTBEAT_SECONDS = 10.0
PATIENCE_SECONDS = 60.0  # who has waited that long has understood, and is told less often
LOCK_SECONDS = 0.5

WINDOWS = os.name == "nt"
MARK = (
    "n6studio-{}.json"  # in the environment: what it was made from. Written last, so it never stands on half a set-up
)
UNFINISHED = "n6studio-unfinished"

# What Qt's libraries and OpenCV load from the system. The first five are needed even without a screen.
DEBIAN_PACKAGES = (
    "libegl1",
    "libgl1",
    "libglib2.0-0",
    "libdbus-1-3",
    "libfontconfig1",
    "libgssapi-krb5-2",
    "libxkbcommon0",
    "libxcb-cursor0",
    "libxcb-icccm4",
    "libxcb-image0",
    "libxcb-keysyms1",
    "libxcb-render-util0",
    "libxcb-shape0",
    "libxcb-xkb1",
    "libxkbcommon-x11-0",
)

VENV_PACKAGE = "python{}.{}-venv".format(*sys.version_info[:2])

START_PROGRAM = "import sys; sys.argv[0] = 'n6studio'; from n6studio.cli import main; sys.exit(main())"
LINT_IMPORTS = "import sys; from importlinter.cli import lint_imports_command; sys.exit(lint_imports_command())"


class SetUpFailed(Exception):
    """The set-up cannot go on. The message is what the user reads: the cause, then what to do."""


def say(text: str = "") -> None:
    """Print a line at once; a character that the terminal lacks must not end the set-up."""
    try:
        print(text, flush=True)
    except UnicodeEncodeError:
        print(text.encode("ascii", "replace").decode(), flush=True)


# --- which Python ----------------------------------------------------------------------------------------------------


def fits(version: Sequence[int]) -> bool:
    """Return whether a Python of this version can run N6 Studio."""
    return OLDEST <= tuple(version[:2]) < TOO_NEW


def unfit_reason(version: Sequence[int], pointer_bytes: int) -> str:
    """Return why a Python cannot be used, or '' when it can."""
    if not fits(version):
        return "it is Python {}.{}".format(*version[:2])
    if pointer_bytes < 8:
        return "it is a 32-bit Python, and torch and TensorFlow exist for 64 bits only"
    return ""


def candidates() -> Iterator[list[str]]:
    """Yield commands that may start a fitting Python on this machine."""
    for version in PREFERRED:
        if WINDOWS:
            launcher = shutil.which("py")
            if launcher:
                yield [launcher, "-" + version]
            local = os.environ.get("LOCALAPPDATA")
            if local:
                yield [str(Path(local) / "Programs" / "Python" / ("Python" + version.replace(".", "")) / "python.exe")]
        found = shutil.which("python" + version)
        if found:
            yield [found]
        places = [Path("/usr/bin"), Path("/usr/local/bin"), Path("/opt/homebrew/bin")]
        places.append(Path("/Library/Frameworks/Python.framework/Versions") / version / "bin")
        for place in places:
            if (place / ("python" + version)).exists():
                yield [str(place / ("python" + version))]
        for pattern in (".pyenv/versions/{}.*/bin/python", ".local/share/uv/python/cpython-{}.*/bin/python"):
            with contextlib.suppress(OSError, RuntimeError):
                for path in sorted(Path.home().glob(pattern.format(version)), reverse=True):
                    yield [str(path)]


def find_other_python(commands: Iterable[list[str]]) -> list[str] | None:
    """Return the first of `commands` that really starts a fitting Python, or None."""
    probe = "import struct, sys; print(*sys.version_info[:2], struct.calcsize('P'))"
    for command in commands:
        try:
            # Asking is the only sure way: a launcher or a version manager's shim may stand for nothing.
            answer = subprocess.run(
                [*command, "-c", probe], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=20, check=False
            )
            major, minor, pointer = (int(word) for word in answer.stdout.split())
        except (OSError, ValueError, subprocess.SubprocessError):
            continue
        if answer.returncode == 0 and not unfit_reason((major, minor), pointer):
            return command
    return None


def wrong_python_message(reason: str) -> str:
    """Return what to tell a user whose machine has no fitting Python."""
    where = {
        "Windows": "Install Python 3.12 (64-bit) from python.org, then start again: py -3.12 bootstrap.py",
        "Darwin": "Install Python 3.12 from python.org or with 'brew install python@3.12', then start again: "
        "python3.12 bootstrap.py",
    }.get(
        platform.system(),
        "Install Python 3.11, 3.12 or 3.13 and start again. Debian 12: sudo apt install python3.11 python3.11-venv. "
        "Ubuntu 24.04: sudo apt install python3.12 python3.12-venv. Where the system has neither, pyenv or uv "
        "install one beside it: uv python install 3.12",
    )
    return f"N6 Studio needs Python 3.11 to 3.13 (on macOS up to 3.12), and {reason} ({sys.executable}).\n{where}"


def ensure_python(arguments: Sequence[str]) -> int | None:
    """Return None when this Python fits; else run again with one that does and return its exit code.

    Raises:
        SetUpFailed: there is none.
    """
    reason = unfit_reason(sys.version_info[:2], struct.calcsize("P"))
    if not reason:
        return None
    other = None
    if "N6STUDIO_BOOTSTRAP_AGAIN" not in os.environ:
        other = find_other_python(candidates())
        other = other or python_of_uv(ROOT / ".python", reason)
    if other is None:
        raise SetUpFailed(wrong_python_message(reason))
    environment = dict(os.environ, N6STUDIO_BOOTSTRAP_AGAIN="1")
    return run_and_wait([*other, str(Path(__file__).resolve()), *arguments], environment)


def pinned(name: str, layer: str) -> str:
    """Return the line of a package in a layer's list, with its digests; '' where there is none."""
    text = (ROOT / LISTS / (layer + ".txt")).read_text(encoding="utf-8")
    found = re.search(rf"^{name}==(?:.*\\\n)*.*\n", text, re.MULTILINE)
    return found.group(0) if found else ""


def python_of_uv(folder: Path, reason: str) -> list[str] | None:
    """Get a fitting Python into `folder` by uv, which comes out of its own package; None where that does not work."""
    version = FETCHED
    pattern = f"cpython-{version}*/" + ("python.exe" if WINDOWS else "bin/python3")
    if not list(folder.glob(pattern)):
        if lacks_venv():
            return None
        say(f"N6 Studio needs Python 3.11 to 3.13, and {reason}. Getting Python {version} into {folder} ...")
        try:
            scratch = folder / "uv"
            subprocess.run([sys.executable, "-I", "-m", "venv", str(scratch)], check=True, stdout=subprocess.DEVNULL)
            wanted = scratch / "uv.txt"
            wanted.write_text(pinned("uv", CONVERSION), encoding="utf-8")
            install = [str(environment_python(scratch)), "-I", "-m", "pip", "install", "-q", "--only-binary=:all:"]
            subprocess.run([*install, "-r", str(wanted)], check=True)
            uv = environment_python(scratch).with_name("uv.exe" if WINDOWS else "uv")
            subprocess.run([str(uv), "python", "install", "--install-dir", str(folder), version], check=True)
        except (OSError, subprocess.SubprocessError) as error:
            say(f"  Python {version} could not be fetched ({error}).")
            say("  Check the connection (behind a proxy, set HTTPS_PROXY) and start again, or install one yourself.")
            return None
    known = sorted(folder.glob(pattern))
    return [str(known[-1])] if known else None


def run_and_wait(command: list[str], environment: dict[str, str]) -> int:
    """Run a command in our place and return its exit code; on Windows there is no exec worth the name."""
    if not WINDOWS:
        sys.stdout.flush()
        os.execvpe(command[0], command, environment)
    process = subprocess.Popen(command, env=environment)
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:
            continue  # Ctrl-C reached the program, too; it decides


# --- the environment and its mark ------------------------------------------------------------------------------------


def environment_python(folder: Path) -> Path:
    """Return where the environment's Python lies."""
    return folder / "Scripts" / "python.exe" if WINDOWS else folder / "bin" / "python"


def wanted_mark(root: Path, folder: Path, kind: str) -> dict[str, str]:
    """Return what the environment must have been made from to be up to date."""
    digest = hashlib.sha256()
    for path in (*(root / LISTS / (name + ".txt") for name in KINDS[kind]), root / "pyproject.toml"):
        digest.update(path.read_bytes().replace(b"\r\n", b"\n") + b"\0")
    return {
        "requirements": digest.hexdigest(),
        "python": "{}.{}".format(*sys.version_info[:2]),
        "machine": platform.machine(),
        "folder": str(folder),  # an environment does not survive being moved
    }


def read_mark(folder: Path, kind: str) -> dict[str, str]:
    """Return the mark of an environment, {} where there is none that can be read."""
    try:
        found = json.loads((folder / MARK.format(kind)).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def is_ready(root: Path, folder: Path, kind: str) -> bool:
    """Return whether the environment has everything for `kind` (see `KINDS`). Takes milliseconds."""
    return environment_python(folder).exists() and read_mark(folder, kind) == wanted_mark(root, folder, kind)


def must_be_new(root: Path, folder: Path) -> str:
    """Return why the environment must be made anew rather than brought up to date, or ''."""
    if (folder / UNFINISHED).exists():
        return "the last set-up was interrupted"
    if not (folder / "pyvenv.cfg").exists():
        return "there is none yet"
    if not environment_python(folder).exists():
        return "its Python is gone"
    wanted = wanted_mark(root, folder, "base")
    mark = next((found for found in (read_mark(folder, kind) for kind in KINDS) if found), {})
    for name, what in (("python", "Python"), ("machine", "processor"), ("folder", "folder")):
        if mark and mark.get(name) != wanted[name]:
            return f"it was made for another {what}: {mark.get(name)}"
    config = (folder / "pyvenv.cfg").read_text(encoding="utf-8", errors="replace")
    version = re.search(r"^version(?:_info)?\s*=\s*(\d+\.\d+)", config, re.MULTILINE)
    if version and version.group(1) != wanted["python"]:
        return f"it was made with Python {version.group(1)}"
    return ""


def write_mark(root: Path, folder: Path, kind: str) -> None:
    """Say that the environment is complete; the last act of a set-up."""
    part = folder / (MARK.format(kind) + ".part")
    part.write_text(json.dumps(wanted_mark(root, folder, kind), indent=1), encoding="utf-8")
    part.replace(folder / MARK.format(kind))


def forget_marks(folder: Path) -> None:
    """Say that the environment is not complete any more."""
    for kind in KINDS:
        with contextlib.suppress(FileNotFoundError):
            (folder / MARK.format(kind)).unlink()


def empty(folder: Path, keep: Sequence[str]) -> None:
    """Remove everything in `folder` but the names in `keep`."""
    for path in folder.iterdir():
        if path.name in keep:
            continue
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(str(path))
        else:
            path.unlink()


@contextlib.contextmanager
def only_one(folder: Path) -> Iterator[None]:
    """Let one bootstrap at a time work on the environment; others wait and say so."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "bootstrap.lock").open("a+b") as stream:
        told = False
        while not _try_lock(stream.fileno()):
            if not told:
                say("Another bootstrap is setting this folder up; waiting until it is done (Ctrl-C to stop) ...")
                told = True
            time.sleep(LOCK_SECONDS)
        yield  # closing the file releases the lock, and so does the end of the process, however it ends


def _try_lock(descriptor: int) -> bool:
    try:
        if sys.platform == "win32":
            import msvcrt

            os.lseek(descriptor, 0, os.SEEK_SET)
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in (errno.EACCES, errno.EAGAIN, errno.EDEADLK):
            return False
        if error.errno in (errno.ENOLCK, getattr(errno, "ENOTSUP", -1)):
            return True  # a network drive without locks: go on rather than refuse
        raise
    return True


# --- system libraries ------------------------------------------------------------------------------------------------


def lacks_venv() -> bool:
    """Return whether this Python cannot make environments: Debian and Ubuntu keep that in a package of its own."""
    return importlib.util.find_spec("ensurepip") is None


def installed_debian_packages() -> list[str] | None:
    """Return the names of the Debian packages of ours that are installed, None where this is no Debian or Ubuntu."""
    if platform.system() != "Linux" or not shutil.which("dpkg-query") or not shutil.which("apt-get"):
        return None
    # Since the change of time_t, some libraries carry t64 in their names.
    names = [name + ending for name in DEBIAN_PACKAGES for ending in ("", "t64")]
    command = ["dpkg-query", "-W", "-f=${Package} ${db:Status-Status}\n", *names]
    answer = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
    rows = [row.split() for row in answer.stdout.decode("utf-8", "replace").splitlines()]
    return [row[0] for row in rows if len(row) == 2 and row[1] == "installed"]


def missing_debian_packages(installed: Sequence[str]) -> list[str]:
    """Return which of `DEBIAN_PACKAGES` are not among `installed`."""
    return [name for name in DEBIAN_PACKAGES if name not in installed and name + "t64" not in installed]


def ensure_system_packages(log: Path) -> None:
    """Install the few system packages that we need. Never stops the set-up: what can work without them shall."""
    installed = installed_debian_packages()
    if installed is None:
        if platform.system() == "Linux":
            say(
                "This is no Debian or Ubuntu, so system libraries are yours to install: the window needs EGL, GL, glib,"
            )
            say("  D-Bus, fontconfig, xkbcommon and the xcb libraries. 'n6studio doctor' tells which are missing.")
        return
    missing = missing_debian_packages(installed)
    if lacks_venv():
        missing.append(VENV_PACKAGE)
    if not missing:
        return
    by_hand = "sudo apt-get install " + " ".join(missing)
    prefix: list[str] = []
    if os.geteuid() != 0:
        if not shutil.which("sudo"):
            say("System packages are missing, without which no window opens. Ask an administrator for:\n  " + by_hand)
            return
        say("These system packages are missing; the window needs them, and installing them needs your password:")
        say("  " + " ".join(missing))
        # Without a terminal nobody can answer, so sudo must not ask.
        prefix = ["sudo"] if sys.stdin is not None and sys.stdin.isatty() else ["sudo", "-n"]
    else:
        say("Installing system packages: " + " ".join(missing))
    prefix += ["env", "DEBIAN_FRONTEND=noninteractive"]
    install = ["apt-get", "install", "-y", "-q", "--no-install-recommends", *missing]
    try:
        with log.open("ab") as stream:
            for command in (["apt-get", "update", "-q"], install):
                # Only apt's words go to the log; sudo asks on the terminal itself.
                code = subprocess.call(prefix + command, stdin=None, stdout=stream, stderr=stream)
        if code:
            say(f"  That did not work (see {log}). The commands work without; for the window:\n  {by_hand}")
    except KeyboardInterrupt:
        say("\n  Left out. The commands work without; for the window:\n  " + by_hand)
    importlib.invalidate_caches()


# --- installing ------------------------------------------------------------------------------------------------------


def explain(output: str, code: int, folder: Path) -> str:
    """Return the cause of pip's failure in words, with what to do, from what it printed."""
    log = folder / "bootstrap.log"
    low = output.lower()

    def has(*signs: str) -> bool:
        return any(sign in low for sign in signs)

    if has("no space left", "errno 28", "not enough space on the disk", "disk quota exceeded", "winerror 112"):
        return disk_message(folder)
    if has("certificate_verify_failed", "sslerror", "ssl: "):
        return (
            "The package index could not be trusted: its certificate was refused.\n"
            "A company network often puts its own certificate in between; ask its administrators for it and set "
            f"PIP_CERT to the file. A wrong clock does the same. Details: {log}"
        )
    offline: tuple[str, ...] = (
        "name resolution",
        "getaddrinfo",
        "newconnectionerror",
        "network is unreachable",
        "readtimeout",
    )
    offline += ("connection refused", "connection reset", "connecttimeout", "proxyerror", "nodename nor servname")
    offline += ("incompleteread", "connection broken", "failed to establish a new connection")
    # setuptools exists for every machine, so where even it is not found, the index was not reached.
    offline += ("no matching distribution found for setuptools",)
    if has(*offline):
        return (
            "The network cannot be reached, and the packages of the set-up come from there.\n"
            "Check the connection (behind a proxy, set HTTPS_PROXY) and start again; what was downloaded is kept. "
            f"Details: {log}"
        )
    if has("no matching distribution found"):
        return (
            "A package does not exist for this machine ({} {}, Python {}.{}).\n"
            "N6 Studio runs on 64-bit Windows, macOS on Apple silicon and Linux with glibc, x86-64 or ARM. If yours is "
            "one of these, report it with {}".format(platform.system(), platform.machine(), *sys.version_info[:2], log)
        )
    if WINDOWS and has("errno 2] no such file", "enable long path", "winerror 206"):
        return (
            "A path became longer than Windows allows.\n"
            "Move this folder closer to the drive's root, for example C:\\n6studio, or enable long paths in Windows, "
            f"and start again. Details: {log}"
        )
    if has("permission denied", "errno 13", "access is denied", "winerror 5]", "read-only file system"):
        return (
            f"The environment cannot be written: {folder}\n"
            "Close every N6 Studio that still runs, and check that the folder is yours; or copy the program to a "
            f"folder of your own. Details: {log}"
        )
    if code in (-9, 137) or has("memoryerror"):
        return "pip was ended, most likely because memory ran out.\nClose other programs and start again."
    last = [line for line in output.splitlines() if line.strip()][-6:]
    return "pip failed (exit code {}). Its last words:\n  {}\nThe whole log: {}".format(code, "\n  ".join(last), log)


def disk_message(folder: Path, kind: str = "run") -> str:
    """Return what to tell a user without room for the environment."""
    free = shutil.disk_usage(str(folder)).free / 1e9
    return (
        f"There is not enough room on the disk of {folder}: {free:.1f} GB are free, "
        f"and the set-up needs about {NEEDED_GB[kind]:g} GB.\n"
        "Free some space, or move this folder to another disk, and start again."
    )


class Heartbeat:
    """Condenses pip's output to a line now and then, so that people see that it is alive.

    Args:
        out: receives whole lines.
        seconds: time between two lines where nothing special happens.
    """

    def __init__(self, seconds: float = HEARTBEAT_SECONDS) -> None:
        self._seconds = seconds
        self._began = self._last = time.monotonic()
        self._doing = "looking at what is needed"
        self._lock = threading.Lock()

    def line(self, text: str) -> None:
        """Take note of a line of pip's."""
        words = text.split()
        with self._lock:
            if words[:1] == ["Downloading"] and len(words) > 1:
                self._doing = "downloading " + " ".join([words[1].rsplit("/", 1)[-1].split("-")[0], *words[2:4]])
            elif words[:1] == ["Collecting"] and len(words) > 1:
                self._doing = "looking for " + re.split("[=<>!~;]", words[1])[0]
            elif words[:2] == ["Installing", "collected"] and len(words) > 4:
                self._doing = f"unpacking {len(words) - 3} packages; this takes a minute or two"
                self._last = 0.0

    def layer(self, name: str, message: dict[str, object]) -> None:
        """Take note of what the room for layers says, and print a line when it is time."""
        done, total, left = (message.get(key) for key in ("done", "total", "left"))
        if "step" in message:
            doing = f"{name} layer: {message['step']}"
            if isinstance(done, int) and isinstance(total, int) and total:
                doing += f" {done / 1e6:.0f} of {total / 1e6:.0f} MB"
            if isinstance(left, (int, float)) and left >= 1:
                doing += f", {left:.0f} s left"
            with self._lock:
                self._doing = doing
        self.beat()

    def beat(self) -> None:
        """Print a line when it is time."""
        with self._lock:
            now = time.monotonic()
            if now - self._last >= self._seconds:
                self._last = now
                if now - self._began > PATIENCE_SECONDS:
                    self._seconds = max(self._seconds, 3 * HEARTBEAT_SECONDS)
                minutes, seconds = divmod(int(now - self._began), 60)
                say(f"  {minutes}:{seconds:02d}  {self._doing}")


def clean_environment(folder: Path) -> dict[str, str]:
    """Return the environment for pip: nothing of another Python, and temporary files where there is room."""
    environment = dict(os.environ)
    # An active conda or virtual environment, or a user's pip settings for other work, must not lead pip astray. Where
    # packages come from (indexes, proxies, certificates) stays as the user has set it.
    for name in ("PYTHONHOME", "PYTHONPATH", "PIP_TARGET", "PIP_PREFIX", "PIP_USER", "PIP_ROOT", "PIP_REQUIREMENT"):
        environment.pop(name, None)
    scratch = folder / "tmp"
    scratch.mkdir(exist_ok=True)
    # /tmp is often a small memory disk, and torch alone is larger.
    environment.update(TMPDIR=str(scratch), TEMP=str(scratch), TMP=str(scratch))
    environment.update(PIP_DISABLE_PIP_VERSION_CHECK="1", PIP_NO_INPUT="1", PIP_ROOT_USER_ACTION="ignore")
    return environment


def pip(root: Path, folder: Path, arguments: Sequence[str]) -> None:
    """Run pip in the environment.

    Raises:
        SetUpFailed: with the cause in words.
    """
    command = [str(environment_python(folder)), "-I", "-m", "pip", "install", "--progress-bar", "off"]
    process = subprocess.Popen(
        command + list(arguments),
        cwd=str(root),  # names relative to it need no thought about blanks and letters in the path
        env=clean_environment(folder),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    heart = Heartbeat()
    kept: list[str] = []
    assert process.stdout is not None
    stream = process.stdout

    def read() -> None:
        with (folder / "bootstrap.log").open("ab") as log:
            for raw in stream:
                with contextlib.suppress(OSError):  # a full disk is told of by pip itself
                    log.write(raw)
                text = raw.decode("utf-8", "replace")
                kept.append(text)
                heart.line(text)

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    try:
        while process.poll() is None:
            heart.beat()
            time.sleep(0.1)
    except BaseException:
        process.terminate()
        process.wait()
        raise
    reader.join(10)
    if process.returncode:
        raise SetUpFailed(explain("".join(kept), process.returncode, folder))


def make_environment(folder: Path) -> None:
    """Make an empty environment with pip.

    Raises:
        SetUpFailed: it could not be made.
    """
    if lacks_venv():
        raise SetUpFailed(
            "This Python lacks venv, which Debian and Ubuntu keep in a package of its own.\n"
            f"Install it and start again: sudo apt-get install {VENV_PACKAGE}"
        )
    # Started by the environment's own Python, which was just removed, the one behind it still works.
    python = getattr(sys, "_base_executable", "") or sys.executable
    command = [python, "-I", "-m", "venv", str(folder)]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    if done.returncode:
        output = done.stdout.decode("utf-8", "replace")
        raise SetUpFailed("The environment could not be made.\n" + explain(output, done.returncode, folder))


def get_layer(root: Path, folder: Path, name: str) -> None:
    """Let the program's own room for layers get one: it verifies every file, and goes on where it was interrupted.

    Raises:
        SetUpFailed: with the cause in words.
    """
    environment = dict(clean_environment(folder), PYTHONPATH=str(root), PYTHONUTF8="1")
    with (folder / "bootstrap.log").open("ab") as log:
        process = subprocess.Popen(
            [str(environment_python(folder)), "-P", "-m", "n6studio.layers", "get", name],
            env=environment,
            cwd=str(folder),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
        )
    heart = Heartbeat()
    last: dict[str, object] = {}
    assert process.stdout is not None
    try:
        for raw in process.stdout:
            with contextlib.suppress(ValueError):
                last = json.loads(raw.decode("utf-8", "replace"))
                heart.layer(name, last)
    except BaseException:
        process.terminate()
        process.wait()
        raise
    if process.wait():
        details = f"Details: {folder / 'bootstrap.log'}"
        raise SetUpFailed(str(last.get("text") or f"The {name} layer could not be installed.") + "\n" + details)


def set_up(root: Path, folder: Path, kind: str, repair: bool = False) -> None:
    """Bring the environment to what `kind` needs (see `KINDS`).

    Raises:
        SetUpFailed: with the cause in words. Without a base, the environment then counts as unfinished and is made anew
            next time; what was downloaded is kept.
    """
    with only_one(folder):
        if is_ready(root, folder, kind) and not repair:
            return  # the one that we waited for has done it
        log = folder / "bootstrap.log"
        began = time.monotonic()
        reason = "you asked for it" if repair else must_be_new(root, folder)
        base_stands = not reason and is_ready(root, folder, BASE)
        if not base_stands:
            forget_marks(folder)
        if reason:
            say(f"Making a private environment in {folder} ({reason}).")
            (folder / UNFINISHED).touch()  # before the removal: that, too, can be interrupted
            empty(folder, keep=("bootstrap.lock", "bootstrap.log", "downloads", UNFINISHED))
            free = shutil.disk_usage(str(folder)).free
            if free < NEEDED_GB[kind] * 1e9:
                raise SetUpFailed(disk_message(folder, kind))
        log.write_text(time.strftime("%Y-%m-%d %H:%M:%S") + " " + sys.version + "\n", encoding="utf-8")
        if not base_stands:
            (folder / UNFINISHED).touch()
            ensure_system_packages(log)
            if reason:
                make_environment(folder)
            install_base(root, folder)
            (folder / UNFINISHED).unlink()
            write_mark(root, folder, BASE)
        # From here on the window works, and what is interrupted is only what comes on top.
        if CONVERSION in KINDS[kind]:
            say("Getting the conversion layer: PyTorch, TensorFlow and Ultralytics.")
            get_layer(root, folder, CONVERSION)
            write_mark(root, folder, "run")
        if MEDIA in KINDS[kind]:
            say("Getting the media layer: PyAV.")
            get_layer(root, folder, MEDIA)
        if DEVELOP in KINDS[kind]:
            pip(root, folder, ["--no-deps", "--only-binary=:all:", "-r", str(LISTS / (DEVELOP + ".txt"))])
            write_mark(root, folder, "test")
        shutil.rmtree(str(folder / "tmp"), ignore_errors=True)
        say(f"Set up in {time.monotonic() - began:.0f} s.")


def install_base(root: Path, folder: Path) -> None:
    """Install the base layer and the program itself.

    Raises:
        SetUpFailed.
    """
    say("Getting the base layer; the first time this takes a minute or two.")
    get_layer(root, folder, BASE)
    # The project itself is installed with the setuptools of the environment, so that nothing floats.
    wanted = folder / "setuptools.txt"  # a list of its own: with digests, pip takes nothing that is not pinned in it
    wanted.write_text(pinned("setuptools", DEVELOP), encoding="utf-8")
    pip(root, folder, ["--only-binary=:all:", "--no-deps", "-r", str(wanted)])
    pip(root, folder, ["--no-deps", "--no-build-isolation", "-e", "."])


# --- starting --------------------------------------------------------------------------------------------------------


def has_display(system: str, variables: dict[str, str]) -> bool:
    """Return whether a window can be shown."""
    return system in ("Windows", "Darwin") or bool(variables.get("DISPLAY") or variables.get("WAYLAND_DISPLAY"))


def program_arguments(root: Path, arguments: Sequence[str], display: bool) -> list[str]:
    """Return the Python arguments that start N6 Studio: the window, or a command.

    Args:
        root: the project's folder.
        arguments: the user's; none means the window, or the demonstration where there is no screen.
        display: whether a window can be shown.
    """
    if not arguments and display and (root / "n6studio" / "app.py").exists():
        return ["-P", "-m", "n6studio"]
    # -P keeps the folder that the user works in out of the import path.
    return ["-P", "-c", START_PROGRAM, *(arguments or ["demo"])]


def start(root: Path, folder: Path, arguments: Sequence[str]) -> int:
    """Start N6 Studio in our place."""
    environment = dict(os.environ)
    environment.pop("PYTHONHOME", None)
    environment.pop("N6STUDIO_BOOTSTRAP_AGAIN", None)
    display = has_display(platform.system(), environment)
    if not arguments and not display:
        say("No screen here, so the whole chain runs as commands.")
    command = [str(environment_python(folder)), *program_arguments(root, arguments, display)]
    return run_and_wait(command, environment)


# --- testing ---------------------------------------------------------------------------------------------------------

TESTS_FAILED, NO_TESTS = 1, 5  # pytest's exit codes when tests failed, and when nothing was selected
MOST_AGAIN = 3  # so many failed tests may have met a busy machine; more are a mistake


def count_tests(report: Path) -> tuple[int, int, int]:
    """Return (passed, failed, skipped) of a JUnit report; zeros where there is none."""
    try:
        suites = xml.etree.ElementTree.parse(str(report)).getroot().iter("testsuite")
        numbers = [[int(suite.get(name, 0)) for name in ("tests", "failures", "errors", "skipped")] for suite in suites]
    except (OSError, ValueError, xml.etree.ElementTree.ParseError):
        return (0, 0, 0)
    tests, failures, errors, skipped = (sum(row[column] for row in numbers) for column in range(4))
    return (tests - failures - errors - skipped, failures + errors, skipped)


def skip_reasons(report: Path) -> list[str]:
    """Return why each skipped test of a JUnit report was skipped; nothing where there is no report."""
    try:
        skipped = xml.etree.ElementTree.parse(str(report)).getroot().iter("skipped")
        return [item.get("message") or "no reason given" for item in skipped]
    except (OSError, xml.etree.ElementTree.ParseError):
        return []


def failed_tests(report: Path) -> list[str]:
    """Return the failed tests of a JUnit report (xunit1) as pytest takes them; nothing where there is no report."""
    try:
        cases = list(xml.etree.ElementTree.parse(str(report)).getroot().iter("testcase"))
    except (OSError, xml.etree.ElementTree.ParseError):
        return []
    names: dict[str, None] = {}  # a test may fail and its tidying up, too
    for case in cases:
        if case.find("failure") is None and case.find("error") is None:
            continue
        file, place = case.get("file") or "", case.get("classname") or ""
        inner = place[len(file[: -len(".py")]) + 1 :].replace(".", "::")
        names["::".join(part for part in (file, inner, case.get("name")) if part)] = None
    return list(names)


def told_reasons(reasons: Iterable[str]) -> str:
    """Return how many tests were skipped for which reason, a line each, the most frequent first."""
    counts: dict[str, int] = {}
    for reason in reasons:
        counts[reason] = counts.get(reason, 0) + 1
    lines = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return "".join(f"\n  {count:>4} skipped: {reason}" for reason, count in lines)


def memory_gb() -> int:
    """Return how much memory this computer has; where it does not tell, what two processes of slow tests need."""
    try:
        return int(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30)
    except (AttributeError, OSError, ValueError):
        return 2 * GB_OF_SLOW_TESTS


def slow_side_by_side(cores: int, memory: int) -> int:
    """Return how many processes run slow tests: they wait now and then, so one more than there are cores and room.

    Args:
        cores: of the computer.
        memory: of it, in GiB.
    """
    return max(1, min(6, cores + 1, memory // GB_OF_SLOW_TESTS))


def test_runs(arguments: Sequence[str]) -> list[tuple[str, list[str]]]:
    """Return pytest's runs, by name: the quick tests first, so that a mistake shows early.

    Both run several files side by side. Quick tests wait a lot for child processes, so two more than there are cores.
    Slow ones begin with the files that take longest (tests/longest.py), or one of them would go on alone at the end.
    """
    if "-m" in arguments:
        return [("tests", list(arguments))]
    cores = os.cpu_count() or 1
    slow = slow_side_by_side(cores, memory_gb())
    side_by_side = ["--dist", "loadfile", *arguments]
    return [
        ("quick tests", ["-m", "not slow", "-n", str(min(6, cores + 2)), *side_by_side]),
        ("slow tests", ["-m", "slow", "-n", str(slow), "--no-loadscope-reorder", *side_by_side]),
    ]


def kind_of(arguments: Sequence[str], display: bool) -> str:
    """Return which set-up (see `KINDS`) `arguments` need: without words the window, or the chain without a display."""
    if arguments[:1] in (["test"], ["mutate"], ["fuzz"]):
        return "test"
    first = arguments[0] if arguments else "" if display else "demo"
    return "run" if first in CONVERTING and "--help" not in arguments else "base"


CHECKS = (
    ("ruff check", ("-m", "ruff", "check", ".")),
    ("ruff format", ("-m", "ruff", "format", "--check", ".")),
    ("mypy", ("-m", "mypy", "n6studio", "bootstrap.py")),
    ("lint-imports", ("-c", LINT_IMPORTS)),
)
# Leaves what Python and pytest make of the tests' files before they can run, for all that run side by side then.
COLLECTING = ("-m", "pytest", "--collect-only", "-qq")


class Ran(NamedTuple):
    """How a command of the tests ended: its name, exit code, seconds, and what it printed."""

    name: str
    code: int
    seconds: float
    printed: str = ""

    def line(self) -> str:
        """Return the line of the summary."""
        result = "ok" if self.code == 0 else "none" if self.code == NO_TESTS and "tests" in self.name else "FAILED"
        return f"  {self.name:<22} {self.seconds:>6.1f} s  {result}"


def check_code(python: str, root: Path, environment: dict[str, str], collect: bool) -> list[Ran]:
    """Run all checks side by side, tell of each when it is its turn, and return how they ended.

    Args:
        python: of the environment.
        root: the project.
        environment: of the processes.
        collect: whether to prepare the tests' files meanwhile: mypy keeps one core busy, and little else is to do.
    """

    def run(name: str, command: Sequence[str]) -> Ran:
        began = time.monotonic()
        done = subprocess.run(
            [python, *command],
            cwd=str(root),
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )
        return Ran(name, done.returncode, time.monotonic() - began, done.stdout.decode("utf-8", "replace"))

    with concurrent.futures.ThreadPoolExecutor(len(CHECKS) + 1) as pool:
        if collect:
            pool.submit(run, "", COLLECTING)  # what is wrong there, the tests tell
        ran = []
        for waiting in [pool.submit(run, name, command) for name, command in CHECKS]:
            ran.append(waiting.result())
            say(f"\n=== {ran[-1].name}\n{ran[-1].printed.rstrip()}")
    return ran


def pass_alone(python: str, root: Path, environment: dict[str, str], names: Sequence[str]) -> bool:
    """Whether failed tests pass when each runs once more in a process of its own with no other test beside it."""
    if not 0 < len(names) <= MOST_AGAIN:
        return False
    say("\n=== once more, alone: " + ", ".join(names))
    command = [python, "-m", "pytest", "-p", "no:cacheprovider"]
    return all(subprocess.call([*command, name], cwd=str(root), env=environment) == 0 for name in names)


def run_tests(root: Path, folder: Path, arguments: Sequence[str]) -> int:
    """Check the code, then run the tests; return the exit code."""
    python = str(environment_python(folder))
    environment = dict(os.environ, QT_QPA_PLATFORM="offscreen", PYTHONUTF8="1")
    environment.pop("PYTHONHOME", None)
    environment.pop("PYTHONPATH", None)
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # or each of the thousand processes compiles the program anew
    environment.setdefault("OMP_NUM_THREADS", "1")  # there are as many processes as cores already
    ran = check_code(python, root, environment, collect=not arguments)

    def summary(text: str) -> None:
        say("\n=== summary\n" + "\n".join(one.line() for one in ran) + "\n" + text)

    failed_checks = [one for one in ran if one.code]
    if failed_checks:
        names = ", ".join(f"'{one.name}'" for one in failed_checks)
        summary(f"Stopped: {names} failed with exit code {failed_checks[0].code}; no test was run.")
        return failed_checks[0].code
    passed = failed = skipped = 0
    codes: list[int] = []
    reasons: list[str] = []
    unsteady: list[str] = []
    with tempfile.TemporaryDirectory() as scratch:
        for name, options in test_runs(arguments):
            say("\n=== " + name)
            report, began = Path(scratch) / (name.replace(" ", "-") + ".xml"), time.monotonic()
            command = [python, "-m", "pytest", *options, "-o", "junit_family=xunit1", "--junitxml", str(report)]
            codes.append(subprocess.call(command, cwd=str(root), env=environment))
            counts = count_tests(report)
            if codes[-1] == TESTS_FAILED and pass_alone(python, root, environment, again := failed_tests(report)):
                codes[-1], counts = 0, (counts[0] + len(again), 0, counts[2])
                unsteady += again
            ran.append(Ran(name, codes[-1], time.monotonic() - began))
            reasons += skip_reasons(report)
            passed, failed, skipped = passed + counts[0], failed + counts[1], skipped + counts[2]
    bad = [code for code in codes if code not in (0, NO_TESTS)]
    if not bad and not passed + skipped:
        bad = [NO_TESTS]
    told = "".join(f"\n  unsteady, failed beside others and passed alone: {name}" for name in unsteady)
    summary(f"{passed} passed, {failed} failed, {skipped} skipped" + told + told_reasons(reasons))
    return bad[0] if bad else 0


def run_test_tool(name: str, root: Path, folder: Path, arguments: Sequence[str]) -> int:
    """Run a package of tests/ and return the exit code: mutation makes small mistakes, fuzz damages files."""
    environment = dict(os.environ, PYTHONPATH=str(root / "tests"))
    environment.pop("PYTHONHOME", None)
    return subprocess.call([str(environment_python(folder)), "-m", name, *arguments], env=environment)


# --- the whole -------------------------------------------------------------------------------------------------------


def main(arguments: list[str]) -> int:
    """Set up what is missing, then do what `arguments` say; return the exit code."""
    if arguments[:1] in (["--help"], ["-h"]):
        say((__doc__ or "").strip())
        return 0
    folder = ROOT / ".venv"
    try:
        code = ensure_python(arguments)
        if code is not None:
            return code
        repair = arguments[:1] == ["--repair"]
        rest = arguments[1:] if repair else arguments
        kind = kind_of(rest, has_display(platform.system(), dict(os.environ)))
        if repair or not is_ready(ROOT, folder, kind):
            set_up(ROOT, folder, kind, repair)
    except SetUpFailed as error:
        say(f"\n{error}")
        return 4
    except KeyboardInterrupt:
        say("\nStopped. Nothing half-made is used: the next start begins the set-up anew.")
        return 130
    except OSError as error:
        if error.errno in (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)):
            say("\n" + disk_message(ROOT))
        else:
            say(f"\nThe set-up cannot write: {error}\nCopy the program to a folder of your own and start again.")
        return 4
    if rest == ["--set-up-only"]:
        return 0
    if kind == "test":
        if rest[0] == "test":
            return run_tests(ROOT, folder, rest[1:])
        return run_test_tool("mutation" if rest[0] == "mutate" else "fuzz", ROOT, folder, rest[1:])
    return start(ROOT, folder, rest)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
