import importlib.metadata
import json
import re
import subprocess
import sys
from email.message import Message
from pathlib import Path

import pytest

from n6studio.engine import about

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def found():
    return about.packages()


def test_every_package_of_the_layers_is_named_with_version_and_layer(found):
    known = {one.name: one for one in found}
    assert known["numpy"].version == importlib.metadata.version("numpy")
    assert known["numpy"].layer == "base"
    assert known["torch"].layer == "conversion"
    assert "uv" not in known
    assert [one.name.lower() for one in found] == sorted(one.name.lower() for one in found)


def test_licences_are_said_and_their_texts_read(found):
    numpy = next(one for one in found if one.name == "numpy")
    assert "BSD" in numpy.licence
    assert "Redistribution and use in source and binary forms" in about.licence_text(numpy)
    without = [one.name for one in found if not one.licence]
    assert len(without) <= 4, without


@pytest.mark.parametrize(("fields", "expected"), [
    ({"License-Expression": "MIT"}, "MIT"),
    ({"License": "BSD"}, "BSD"),
    ({"License": "a whole text\n" * 30, "Classifier": "License :: OSI Approved :: MIT License"}, "MIT License"),
    ({}, ""),
])  # fmt: skip
def test_what_a_package_says_of_its_licence(fields, expected):
    metadata = Message()
    for name, value in fields.items():
        metadata[name] = value
    assert about.licence_of(metadata) == expected


def test_bill_of_materials_is_what_cyclonedx_describes(found):
    bom = json.loads(json.dumps(about.sbom(found)))
    assert (bom["bomFormat"], bom["specVersion"], bom["version"]) == ("CycloneDX", "1.5", 1)
    assert re.fullmatch(r"urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", bom["serialNumber"])
    assert len(bom["components"]) == len(found)
    for component in bom["components"]:
        assert component["type"] == "library"
        assert re.fullmatch(r"pkg:pypi/[a-z0-9.-]+@[\w.]+", component["purl"])
        assert all(len(one["content"]) == 64 for one in component["hashes"])
    assert bom["serialNumber"] == about.sbom(found)["serialNumber"]


def test_version_tells_build_and_layers():
    done = subprocess.run(
        [sys.executable, "-m", "n6studio.cli", "--version"], capture_output=True, text=True, check=True
    )
    lines = done.stdout.splitlines()
    assert re.fullmatch(r"N6 Studio \d+\.\d+\.\d+ \(build source\)", lines[0])
    assert lines[1].startswith("Python 3.")
    assert re.fullmatch(r"base layer: [0-9a-f]{12}", lines[2])
    assert re.fullmatch(r"conversion layer: [0-9a-f]{12}", lines[3])


def test_build_of_an_installed_program_is_its_mark(tmp_path, monkeypatch):
    (tmp_path / "n6studio-ready.json").write_text('{"build": "abc123", "kit": "x"}')
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    assert about.build() == "abc123"
