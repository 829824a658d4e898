"""Build an installer: ``python3 packaging/build.py TARGET [--out DIR]``, on Debian with its and Python's packages.

    wheel             the program as a wheel
    deb               Debian and Ubuntu: needs dpkg-deb
    run               other Linux, x86-64: needs makeself; run-offline carries every wheel of all layers for the
                      Python that --python names, which then must be the system's
    windows           Windows x64: needs nsis; windows-offline carries every wheel of all layers
    macos             macOS on Apple silicon: an .app in a .zip; assembled here, never tried
    update            the program and its lists in a .zip, for all systems, and what has to be signed about them
    all               all but the offline ones

What comes from elsewhere (uv, wheels) is verified against the digests in packaging/*.txt. The Python that runs this
needs setuptools, packaging and PySide6, as the environment of ``python3 bootstrap.py test`` has them; it looks for that
itself. N6_MAINTAINER is who answers for a .deb: 'Name <address>'. N6_UPDATES_PLACE (address of the signed file) and
N6_UPDATES_KEY (public key, as minisign writes it) are where the built program looks for updates when it is asked to;
without them it says that it knows no place.
"""

import argparse
import gzip
import hashlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HERE = ROOT / "packaging"
sys.path[:0] = [str(ROOT), str(HERE)]

VENV_PYTHON = ROOT / ".venv" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
SIZES = (16, 32, 48, 64, 128, 256, 512)  # pixels, of icons
FETCHED = (3, 12)  # the Python that uv gets

# What Qt's libraries and OpenCV load from the system, and what the first start is made of.
DEPENDS = (
    "python3 (>= 3.11), python3-venv, python3-tk, libegl1, libgl1, libglib2.0-0 | libglib2.0-0t64, libdbus-1-3, "
    "libfontconfig1, libgssapi-krb5-2, libxkbcommon0, libxcb-cursor0, libxcb-icccm4, libxcb-image0, libxcb-keysyms1, "
    "libxcb-render-util0, libxcb-shape0, libxcb-xkb1, libxkbcommon-x11-0, ca-certificates"
)
MAINTAINER = os.environ.get("N6_MAINTAINER", "The N6 Studio developers <packages@n6studio.org>")
CONTROL = """\
Package: n6studio
Version: {version}
Architecture: all
Maintainer: {maintainer}
Installed-Size: {size}
Depends: {depends}
Section: science
Priority: optional
Homepage: https://www.gnu.org/licenses/agpl-3.0.html
Description: from a YOLOv8-pose checkpoint to a running STM32N6
 N6 Studio exports and quantizes YOLOv8-pose models with little loss, measures
 that loss, programs an STM32N6 board, and shows what the board sees. A virtual
 board emulates one without hardware.
 .
 The first start of each user fetches the program's packages, about 240 MB.
"""
POSTINST = """\
#!/bin/sh
set -e
if [ "$1" = configure ] && command -v udevadm >/dev/null; then
    udevadm control --reload || true
    udevadm trigger --subsystem-match=usb --attr-match=idVendor=0483 || true
fi
#DEBHELPER#
"""
README_DEBIAN = """\
n6studio for Debian
===================

Each user's first start makes an environment in ~/.local/share/n6studio/environments, and fetches about 240 MB.
Removing or purging this package leaves nothing outside the users' folders; to remove what is in there:

    rm -r ~/.local/share/n6studio/environments ~/.local/share/n6studio/python

Settings and projects are in ~/.local/share/n6studio, ~/.config/n6studio and where you put them.
"""


def version() -> str:
    """Return the program's version."""
    import n6studio

    return n6studio.__version__


def run(command: Sequence[str | Path], cwd: Path | None = None) -> None:
    """Run a program; what it prints is shown where it fails.

    Raises:
        SystemExit: it failed or is not there.
    """
    try:
        done = subprocess.run([str(word) for word in command], cwd=cwd, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise SystemExit(f"{command[0]} is not installed: apt-get install dpkg-dev makeself nsis") from None
    if done.returncode:
        raise SystemExit(f"{command[0]} failed:\n{done.stdout}{done.stderr}")


def digest(path: Path) -> str:
    """Return the digest that tells builds apart, as the first start computes it."""
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]


def filled(source: Path, target: Path, values: dict[str, str], mode: int = 0o644) -> None:
    """Copy a text with its @NAMES@ filled in."""
    text = source.read_text(encoding="utf-8")
    for name, value in values.items():
        text = text.replace(f"@{name}@", value)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text, encoding="utf-8", newline="\n")
    target.chmod(mode)


# --- parts -----------------------------------------------------------------------------------------------------------


def build_wheel(out: Path) -> Path:
    """Build the program's wheel into `out`; return its path."""
    with tempfile.TemporaryDirectory() as scratch:
        tree = Path(scratch)
        ignore = shutil.ignore_patterns("__pycache__", "*.pyc")
        for name in ("n6studio", "resources", "packaging"):
            shutil.copytree(ROOT / name, tree / name, ignore=ignore)
        for name in ("pyproject.toml", "README.md", "LICENSE"):
            shutil.copy2(ROOT / name, tree / name)
        if place := updates_place():
            (tree / "n6studio" / "engine" / "updates" / "place.json").write_text(json.dumps(place), encoding="utf-8")
        built = tree / "built"
        options = ["--no-deps", "--no-build-isolation", "--no-index", "-q"]
        run([sys.executable, "-m", "pip", "wheel", *options, "-w", built, tree])
        [wheel] = built.glob("*.whl")
        out.mkdir(parents=True, exist_ok=True)
        return Path(shutil.copy2(wheel, out / wheel.name))


def updates_place() -> dict[str, str]:
    """Return where the built program looks for updates, and whose signature counts; {} for nowhere.

    Raises:
        SystemExit: the key is none, or one of both is missing.
    """
    address, key = os.environ.get("N6_UPDATES_PLACE", ""), os.environ.get("N6_UPDATES_KEY", "")
    if not address and not key:
        return {}
    from n6studio.engine.updates.signed import public_key

    try:
        public_key(key)
    except ValueError as error:
        raise SystemExit(f"N6_UPDATES_KEY: {error}") from None
    if not address.startswith(("https://", "http://")):
        raise SystemExit("N6_UPDATES_PLACE is no address of a file, such as https://example.org/n6studio/updates")
    return {"address": address, "key": key}


def changes(text: str, wanted: str) -> list[str]:
    """Return what the change log says of a version, a sentence each; 'Unreleased' stands for one that is not there."""
    parts = re.split(r"^## ", text, flags=re.MULTILINE)[1:]
    named = {part.split("\n", 1)[0].split()[0].strip("[]"): part.split("\n", 1)[1] for part in parts}
    points = re.split(r"^- ", named.get(wanted, named.get("Unreleased", "")), flags=re.MULTILINE)[1:]
    return [" ".join(re.split(r"^\s*$", point, flags=re.MULTILINE)[0].split()) for point in points]


def build_update(out: Path) -> Path:
    """Build what a program gets as an update, and beside it the text to be signed about it; return the kit.

    Its serial number is the time of building: a program refuses what is older than what it has read before.
    """
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        values = build_kit(folder)
        target = out / f"n6studio-{values['VERSION']}-{values['BUILD']}-update.zip"
        target.unlink(missing_ok=True)
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
            for path in sorted(folder.iterdir()):
                archive.write(path, path.name)
    data = target.read_bytes()
    announced = {
        "format": 1,
        "serial": int(time.time()),
        "version": values["VERSION"],
        "date": values["DATE"],
        "changes": changes((ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), values["VERSION"]),
        "kit": {"name": target.name, "sha256": hashlib.sha256(data).hexdigest(), "size": len(data)},
    }
    (out / "update.json").write_text(json.dumps(announced, indent=1), encoding="utf-8")
    return target


def build_kit(folder: Path) -> dict[str, str]:
    """Lay down what every installer carries; return what launchers are told."""
    folder.mkdir(parents=True, exist_ok=True)
    wheel = build_wheel(folder)
    for name in ("base.txt", "conversion.txt", "media.txt"):
        shutil.copy2(HERE / name, folder / name)
    shutil.copy2(ROOT / "LICENSE", folder / "LICENSE")
    return {
        "VERSION": version(),
        "DATE": time.strftime("%Y-%m-%d", time.gmtime()),
        "BUILD": digest(wheel),
        "BASE": digest(folder / "base.txt"),
        "WHEEL": wheel.name,
    }


def draw_icons(folder: Path) -> dict[int, Path]:
    """Draw the icon in all sizes; return size -> PNG."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from PySide6.QtCore import Qt
    from PySide6.QtGui import QGuiApplication, QImage, QPainter
    from PySide6.QtSvg import QSvgRenderer

    application = QGuiApplication.instance() or QGuiApplication([])
    renderer = QSvgRenderer(str(ROOT / "resources" / "icons" / "n6studio.svg"))
    folder.mkdir(parents=True, exist_ok=True)
    made = {}
    for size in SIZES:
        image = QImage(size, size, QImage.Format.Format_ARGB32)
        image.fill(Qt.GlobalColor.transparent)
        painter = QPainter(image)
        renderer.render(painter)
        painter.end()
        made[size] = folder / f"{size}.png"
        image.save(str(made[size]))
    del application
    return made


def write_ico(pngs: dict[int, Path], target: Path) -> None:
    """Write an icon of Windows from PNGs: a directory, then the images as they are."""
    sizes = [size for size in pngs if size <= 256]
    bodies = [pngs[size].read_bytes() for size in sizes]
    at = 6 + 16 * len(sizes)
    head = (0).to_bytes(2, "little") + (1).to_bytes(2, "little") + len(sizes).to_bytes(2, "little")
    for size, body in zip(sizes, bodies, strict=True):
        head += bytes([size % 256, size % 256, 0, 0, 1, 0, 32, 0])
        head += len(body).to_bytes(4, "little") + at.to_bytes(4, "little")
        at += len(body)
    target.write_bytes(head + b"".join(bodies))


def write_icns(pngs: dict[int, Path], target: Path) -> None:
    """Write an icon of macOS from PNGs."""
    kinds = {16: b"icp4", 32: b"icp5", 64: b"icp6", 128: b"ic07", 256: b"ic08", 512: b"ic09"}
    rows = [(kind, pngs[size].read_bytes()) for size, kind in kinds.items()]
    body = b"".join(kind + (8 + len(data)).to_bytes(4, "big") + data for kind, data in rows)
    target.write_bytes(b"icns" + (8 + len(body)).to_bytes(4, "big") + body)


def get_wheels(
    system: str,
    machine: str,
    names: Sequence[str],
    folder: Path,
    only: str = "",
    python: tuple[int, int] = FETCHED,
) -> list[Path]:
    """Bring the pinned wheels of a system into `folder`, verified; `only` is the one package that is wanted."""
    import pin

    from n6studio.layers.download import get_all
    from n6studio.layers.index import choose
    from n6studio.layers.lock import Target, read_lock
    from n6studio.layers.places import known_places

    target = Target(system, machine, python)
    listed = [one for name in names for one in read_lock(HERE / f"{name}.txt", target)]
    pins = [one for one in listed if (one.key == only if only else one.key != "uv")]
    places = known_places()
    wheels = choose(pins, places, pin.tags_for(target))
    return get_all(wheels, folder, places.certificates, lambda _: None, threading.Event())


def get_uv(system: str, machine: str, folder: Path) -> Path:
    """Bring uv for a system into `folder`."""
    from n6studio.layers.get import unpack_program

    with tempfile.TemporaryDirectory() as scratch:
        [wheel] = get_wheels(system, machine, ["conversion"], Path(scratch), only="uv")
        return unpack_program(wheel, "uv", folder)


# --- installers ------------------------------------------------------------------------------------------------------


def build_deb(out: Path) -> Path:
    """Build the .deb."""
    with tempfile.TemporaryDirectory() as scratch:
        tree = Path(scratch) / "n6studio"
        share = tree / "usr" / "share"
        values = build_kit(share / "n6studio")
        (share / "n6studio" / "LICENSE").unlink()
        values["KIT"] = "/usr/share/n6studio"
        filled(HERE / "linux" / "launcher.sh", tree / "usr" / "bin" / "n6studio", values, 0o755)
        desktop_files(share, values)
        rules = tree / "usr" / "lib" / "udev" / "rules.d" / "70-n6studio.rules"
        filled(HERE / "linux" / "70-n6studio.rules", rules, values)
        filled(HERE / "linux" / "n6studio.1", share / "man" / "man1" / "n6studio.1", values)
        compress(share / "man" / "man1" / "n6studio.1")
        documents = share / "doc" / "n6studio"
        documents.mkdir(parents=True)
        (documents / "README.Debian").write_text(README_DEBIAN, encoding="utf-8")
        (documents / "copyright").write_text(copyright_text(), encoding="utf-8")
        date = time.strftime("%a, %d %b %Y %H:%M:%S +0000", time.gmtime())
        (documents / "changelog").write_text(
            f"n6studio ({values['VERSION']}) unstable; urgency=medium\n\n  * Build {values['BUILD']}.\n\n"
            f" -- {MAINTAINER}  {date}\n",
            encoding="utf-8",
        )
        compress(documents / "changelog")
        for path in [tree, *tree.rglob("*")]:
            path.chmod(0o755 if path.is_dir() or path.parent.name == "bin" else 0o644)
        control = tree / "DEBIAN"
        control.mkdir()
        size = sum(path.stat().st_size for path in tree.rglob("*") if path.is_file()) // 1024
        text = CONTROL.format(version=values["VERSION"], size=size, depends=DEPENDS, maintainer=MAINTAINER)
        (control / "control").write_text(text, encoding="utf-8")
        (control / "postinst").write_text(POSTINST.replace("#DEBHELPER#\n", ""), encoding="utf-8")
        (control / "postinst").chmod(0o755)
        files = sorted(path for path in tree.rglob("*") if path.is_file() and control not in path.parents)
        sums = (f"{hashlib.md5(path.read_bytes()).hexdigest()}  {path.relative_to(tree)}\n" for path in files)
        (control / "md5sums").write_text("".join(sums), encoding="utf-8")
        target = out / f"n6studio_{values['VERSION']}_all.deb"
        run(["dpkg-deb", "--root-owner-group", "-Zxz", "--build", tree, target])
        return target


def compress(path: Path) -> None:
    """Replace a file by its compressed form, the same for the same contents."""
    path.with_name(path.name + ".gz").write_bytes(gzip.compress(path.read_bytes(), mtime=0))
    path.unlink()


def copyright_text() -> str:
    """Return the licence as Debian wants it."""
    lines = (ROOT / "LICENSE").read_text(encoding="utf-8").splitlines()
    text = "\n".join(f" {line}" if line.strip() else " ." for line in lines)
    head = "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\nUpstream-Name: N6 Studio\n"
    return f"{head}\nFiles: *\nCopyright: The N6 Studio developers\nLicense: AGPL-3.0-only\n{text}\n"


def desktop_files(share: Path, values: dict[str, str]) -> None:
    """Lay down what desktops want to know: menu entry, types, description, icons."""
    filled(HERE / "linux" / "n6studio.desktop", share / "applications" / "n6studio.desktop", values)
    filled(HERE / "linux" / "n6studio.xml", share / "mime" / "packages" / "n6studio.xml", values)
    described = "org.n6studio.n6studio.metainfo.xml"
    filled(HERE / "linux" / described, share / "metainfo" / described, values)
    lay_icons(share / "icons")


def lay_icons(folder: Path) -> None:
    """Lay down the icon as icon themes do."""
    hicolor = folder / "hicolor"
    with tempfile.TemporaryDirectory() as scratch:
        for size, path in draw_icons(Path(scratch)).items():
            place = hicolor / f"{size}x{size}" / "apps"
            place.mkdir(parents=True)
            shutil.copyfile(path, place / "n6studio.png")
    place = hicolor / "scalable" / "apps"
    place.mkdir(parents=True)
    shutil.copyfile(ROOT / "resources" / "icons" / "n6studio.svg", place / "n6studio.svg")


def build_run(out: Path, offline: tuple[int, int] | None = None) -> Path:
    """Build the self-extracting .run for x86-64; with `offline`, it carries every wheel for that Python."""
    with tempfile.TemporaryDirectory() as scratch:
        tree = Path(scratch) / "n6studio"
        values = build_kit(tree / "kit")
        get_uv("linux", "x86_64", tree / "kit")
        if offline:
            get_wheels("linux", "x86_64", ["base", "conversion", "media"], tree / "kit" / "wheels", python=offline)
        filled(HERE / "linux" / "launcher.sh", tree / "launcher.sh", values, 0o755)
        filled(HERE / "linux" / "install.sh", tree / "install.sh", values, 0o755)
        filled(HERE / "linux" / "n6studio.desktop", tree / "n6studio.desktop", values)
        filled(HERE / "linux" / "n6studio.xml", tree / "n6studio.xml", values)
        lay_icons(tree / "icons")
        kind = f"-offline-python{offline[0]}.{offline[1]}" if offline else ""
        target = out / f"n6studio-{values['VERSION']}{kind}-linux-x86_64.run"
        # Wheels are compressed already, and not every system has xz; their names are longer than a ustar takes.
        packed = ["--nocomp" if offline else "--gzip", "--tar-format", "gnu"]
        run(["makeself", *packed, "--nox11", "--nomd5", "--sha256", tree, target, "N6 Studio", "./install.sh"])
        return target


def build_windows(out: Path, offline: bool = False, standin: bool = False) -> Path:
    """Build the installer for Windows x64.

    With `standin`, uv is replaced by a program that writes down what it is asked, for trying under wine.
    N6_SIGNING_CERTIFICATE names a PKCS #12 file to sign it with, N6_SIGNING_PASSWORD its password.
    """
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        kit = folder / "kit"
        values = build_kit(kit)
        if standin:
            run(["makensis", "-V1", f"-DOUT={kit / 'uv.exe'}", HERE / "windows" / "standin.nsi"])
        else:
            get_uv("win32", "x86_64", kit)
        if offline:
            get_wheels("win32", "x86_64", ["base", "conversion", "media"], kit / "wheels")
        write_ico(draw_icons(folder / "icons"), folder / "n6studio.ico")
        named = {"VERSION": values["VERSION"], "BUILD": values["BUILD"], "ICON": folder / "n6studio.ico"}
        defines = [f"-D{name}={value}" for name, value in named.items()]
        launcher = folder / "launcher.exe"
        more = [f"-DBASE={values['BASE']}", f"-DWHEEL={values['WHEEL']}", f"-DOUT={launcher}"]
        run(["makensis", "-V1", *defines, *more, HERE / "windows" / "launcher.nsi"])
        sign(launcher)
        kind = "-offline" if offline else "-standin" if standin else ""
        name = f"n6studio-{values['VERSION']}{kind}-windows-x64.exe"
        target = (out / name).absolute()
        more = [f"-DKIT={kit}", f"-DLICENCE={ROOT / 'LICENSE'}", f"-DLAUNCHER={launcher}", f"-DOUT={target}"]
        more.append(f"-DCOMPRESSOR={'zlib' if offline else '/SOLID lzma'}")
        run(["makensis", "-V1", *defines, *more, HERE / "windows" / "installer.nsi"])
        sign(target)
        return target


def sign(path: Path) -> None:
    """Sign a program of Windows where a certificate is given; Authenticode, by osslsigncode."""
    certificate = os.environ.get("N6_SIGNING_CERTIFICATE")
    if not certificate:
        return
    signed = path.with_suffix(".signed")
    password = ["-pass", os.environ.get("N6_SIGNING_PASSWORD", "")]
    options = ["-pkcs12", certificate, *password, "-n", "N6 Studio", "-h", "sha256"]
    run(["osslsigncode", "sign", *options, "-in", path, "-out", signed])
    signed.replace(path)


def build_macos(out: Path) -> Path:
    """Assemble the .app for macOS on Apple silicon, in a .zip that keeps what is executable."""
    with tempfile.TemporaryDirectory() as scratch:
        contents = Path(scratch) / "N6 Studio.app" / "Contents"
        values = build_kit(contents / "Resources" / "kit")
        get_uv("darwin", "arm64", contents / "Resources" / "kit")
        filled(HERE / "macos" / "Info.plist", contents / "Info.plist", values)
        filled(HERE / "macos" / "launcher.sh", contents / "MacOS" / "n6studio", values, 0o755)
        write_icns(draw_icons(Path(scratch) / "icons"), contents / "Resources" / "n6studio.icns")
        target = out / f"n6studio-{values['VERSION']}-macos-arm64.zip"
        target.unlink(missing_ok=True)
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
            for path in sorted(contents.parent.rglob("*")):
                if path.is_file():
                    entry = zipfile.ZipInfo(str(path.relative_to(scratch)), time.gmtime()[:6])
                    entry.create_system = 3  # Unix, so that what may be run stays so
                    entry.external_attr = (0o100000 | path.stat().st_mode & 0o777) << 16
                    entry.compress_type = zipfile.ZIP_DEFLATED
                    archive.writestr(entry, path.read_bytes())
        return target


TARGETS: dict[str, Callable[[Path], Path]] = {
    "wheel": build_wheel,
    "deb": build_deb,
    "run": build_run,
    "run-offline": build_run,  # with the Python that is typed, see `main`
    "windows": build_windows,
    "windows-offline": lambda out: build_windows(out, offline=True),
    "windows-standin": lambda out: build_windows(out, standin=True),
    "macos": build_macos,
    "update": build_update,
}
ALL = ("wheel", "deb", "run", "windows", "macos")


def main() -> int:
    """Build what was typed."""
    parser = argparse.ArgumentParser(description="Builds installers.")
    parser.add_argument("target", choices=[*TARGETS, "all"])
    parser.add_argument("--out", type=Path, default=ROOT / "dist", help="folder for what is built (default: dist)")
    parser.add_argument("--python", default="3.12", help="of run-offline: 3.11, 3.12 or 3.13 (default: 3.12)")
    options = parser.parse_args()
    major, _, minor = options.python.partition(".")
    TARGETS["run-offline"] = lambda out: build_run(out, offline=(int(major), int(minor)))
    options.out.mkdir(parents=True, exist_ok=True)
    for name in ALL if options.target == "all" else (options.target,):
        began = time.monotonic()
        path = TARGETS[name](options.out)
        print(json.dumps({"target": name, "file": str(path), "bytes": path.stat().st_size,
                          "seconds": round(time.monotonic() - began, 1)}))  # fmt: skip
    return 0


if __name__ == "__main__":
    if any(importlib.util.find_spec(name) is None for name in ("packaging", "PySide6", "setuptools")):
        if VENV_PYTHON.exists() and Path(sys.executable) != VENV_PYTHON:
            os.execv(VENV_PYTHON, [str(VENV_PYTHON), *sys.argv])
        sys.exit("This needs the environment of: python3 bootstrap.py test")
    sys.exit(main())
