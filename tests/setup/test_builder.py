"""The builder of installers: what a build names for its updates, what it signs, and the kit that an update brings."""

import importlib.util
import json
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from minisigning import Key

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def build():
    spec = importlib.util.spec_from_file_location("n6_build", ROOT / "packaging" / "build.py")
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


def test_build_names_a_place_for_updates_only_where_it_is_told_one(build, monkeypatch):
    for name in ("N6_UPDATES_PLACE", "N6_UPDATES_KEY"):
        monkeypatch.delenv(name, raising=False)
    assert build.updates_place() == {}
    monkeypatch.setenv("N6_UPDATES_PLACE", "https://example.org/updates")
    with pytest.raises(SystemExit, match="N6_UPDATES_KEY"):
        build.updates_place()
    monkeypatch.setenv("N6_UPDATES_KEY", Key().text)
    assert build.updates_place() == {"address": "https://example.org/updates", "key": Key().text}
    monkeypatch.setenv("N6_UPDATES_PLACE", "/srv/updates")
    with pytest.raises(SystemExit, match="N6_UPDATES_PLACE"):
        build.updates_place()


def test_changes_of_a_version_are_sentences(build):
    text = "# Changes\n\n## Unreleased\n**A**\n- One\n  thing.\n- Two.\n\n**B**\n- Three.\n\n## 1.0.0 - 2026\n- Old.\n"
    assert build.changes(text, "Unreleased") == ["One thing.", "Two.", "Three."]
    assert build.changes(text, "1.0.0") == ["Old."]
    assert build.changes(text, "9.9.9") == ["One thing.", "Two.", "Three."]


@pytest.mark.slow
def test_update_that_is_built_is_one_that_programs_take(build, tmp_path, monkeypatch):
    """The real kit: the program names the build's place, and unpacks what the builder packed."""
    from n6studio.engine.updates.bring import _unpacked

    monkeypatch.setenv("N6_UPDATES_PLACE", "https://example.org/updates")
    monkeypatch.setenv("N6_UPDATES_KEY", Key().text)
    made = build.build_update(tmp_path)
    said = json.loads((tmp_path / "update.json").read_text())
    assert said["kit"]["name"] == made.name
    assert said["kit"]["size"] == made.stat().st_size
    folder = _unpacked(made, tmp_path / "home")
    [wheel] = folder.glob("n6studio-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        place = json.loads(archive.read("n6studio/engine/updates/place.json"))
    assert place == {"address": "https://example.org/updates", "key": Key().text}
    assert not (ROOT / "n6studio" / "engine" / "updates" / "place.json").exists()


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="NSIS as Debian has it")
def test_authenticode_signature_verifies_and_breaks_with_a_byte(build, tmp_path, monkeypatch):
    """With a throw-away certificate, on a program that NSIS makes."""
    for name in ("osslsigncode", "makensis", "openssl"):
        if not shutil.which(name):
            pytest.skip(f"{name} is not installed")
    key, certificate, both = tmp_path / "key.pem", tmp_path / "certificate.pem", tmp_path / "both.p12"
    subject = ["-subj", "/CN=throw-away", "-addext", "extendedKeyUsage=codeSigning"]
    made = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-days",
        "2",
        "-keyout",
        key,
        "-out",
        certificate,
    ]
    subprocess.run([*made, *subject], check=True, capture_output=True)
    export = [
        "openssl",
        "pkcs12",
        "-export",
        "-inkey",
        key,
        "-in",
        certificate,
        "-passout",
        "pass:secret",
        "-out",
        both,
    ]
    subprocess.run(export, check=True, capture_output=True)
    program = tmp_path / "program.exe"
    source = ROOT / "packaging" / "windows" / "standin.nsi"
    subprocess.run(["makensis", "-V1", f"-DOUT={program}", source], check=True, capture_output=True)

    def verified():
        command = ["osslsigncode", "verify", "-CAfile", certificate, "-in", program]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    build.sign(program)  # no certificate is given: nothing happens
    assert verified().returncode
    monkeypatch.setenv("N6_SIGNING_CERTIFICATE", str(both))
    monkeypatch.setenv("N6_SIGNING_PASSWORD", "secret")
    build.sign(program)
    done = verified()
    assert done.returncode == 0, done.stdout + done.stderr
    assert "throw-away" in done.stdout
    data = bytearray(program.read_bytes())
    data[len(data) // 3] ^= 1
    program.write_bytes(data)
    assert verified().returncode
    monkeypatch.setenv("N6_SIGNING_PASSWORD", "wrong")
    with pytest.raises(SystemExit, match="osslsigncode failed"):
        build.sign(program)
