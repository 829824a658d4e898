"""Tools behind symbolic links, behind wrapper scripts, and in folders with blanks and umlauts."""

import os
import re
from dataclasses import replace

import firmware
import pytest
from standins import stedgeai
from standins.bench import Bench

from n6studio.board.cube.programmer import CubeProgrammer
from n6studio.board.registry import board
from n6studio.board.tools.discovery import FoundTool, find_tool
from n6studio.board.tools.locations import Computer, is_snap
from n6studio.board.vendor import folders
from n6studio.board.vendor.programs import beside, loaders_of, real_program
from n6studio.domain.deploy import Role
from n6studio.domain.errors.advice import advice
from n6studio.domain.errors.programmer import LoaderMissing
from n6studio.domain.errors.tools import ToolPathUnsafe

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the stand-ins are shell scripts")
KIT = board("stm32n6570-dk")


def script(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)
    return path


def weights_below(folder):
    return firmware.plan_of(firmware.write_images(folder, firmware.weights(4000)), KIT).image(Role.WEIGHTS)


@pytest.fixture
def bench(tmp_path):
    return Bench(tmp_path / "Jörg Müller" / "ST tools")


@pytest.fixture(params=["link", "link to a link", "script", "script with a variable", "link to a script"])
def way(request, bench, tmp_path):
    """A program on PATH that leads to the installation, which has blanks and umlauts in its path."""
    program, there = bench.programmer, tmp_path / "bin" / "STM32_Programmer_CLI"
    there.parent.mkdir()
    text = {
        "script": f"#!/bin/sh\nexec '{program}' \"$@\"\n",
        "script with a variable": f'#!/bin/sh\nTOOL="{program}"\nexec "$TOOL" "$@"\n',
        "link to a script": f'#!/bin/bash\n# starts ST\'s programmer\nexec "{program}" "$@"\n',
    }.get(request.param)
    if request.param == "link":
        there.symlink_to(program)
    elif request.param == "link to a link":
        (tmp_path / "other").symlink_to(program)
        there.symlink_to(tmp_path / "other")
    elif request.param == "link to a script":
        there.symlink_to(script(tmp_path / "wrappers" / "STM32_Programmer_CLI", text))
    else:
        script(there, text)
    return there


def test_the_loaders_are_those_of_the_installation(way, bench, witness, tmp_path):
    kit = bench.connect(KIT.key, "AAA1")
    assert loaders_of(way) == bench.bin / "ExternalLoader"
    weights = weights_below(tmp_path / "images")
    CubeProgrammer(way, KIT).write(weights, witness.attendant)
    assert kit.read(weights.address, weights.size) == weights.read()


def test_a_wrapper_that_leads_nowhere_is_named(tmp_path, witness, bench):
    bench.connect(KIT.key, "AAA1")
    wrapper = script(
        tmp_path / "bin" / "STM32_Programmer_CLI", f'#!/bin/sh\nD="{bench.bin}"\nexec "$D"/STM32_Pro*I "$@"\n'
    )
    weights = weights_below(tmp_path / "images")
    with pytest.raises(LoaderMissing) as caught:
        CubeProgrammer(wrapper, KIT).write(weights, witness.attendant)
    told = advice(caught.value).as_text()
    assert str(wrapper) in told
    assert "n6studio tools set programmer" in told


def test_a_script_that_names_itself_or_another_program_leads_nowhere(tmp_path):
    one = script(tmp_path / "a" / "make", f"#!/bin/sh\nexec {tmp_path}/a/make\n")
    assert real_program(one) == one
    other = script(tmp_path / "b" / "make", "#!/bin/sh\nexec /bin/ls\n")
    assert real_program(other) == other
    round_a, round_b = tmp_path / "c" / "gcc", tmp_path / "d" / "gcc"
    script(round_a, f"#!/bin/sh\nexec {round_b}\n")
    script(round_b, f"#!/bin/sh\nexec {round_a}\n")
    assert real_program(round_a) in (round_a, round_b)
    assert real_program(tmp_path / "gone") == tmp_path / "gone"


def test_a_linked_compiler_knows_its_installation(tmp_path):
    program = stedgeai.install(tmp_path / "ST/STEdgeAI", "2.1")
    link = tmp_path / "bin" / "stedgeai"
    link.parent.mkdir()
    link.symlink_to(program)
    assert FoundTool("stedgeai", link, "PATH", None, None).root == tmp_path / "ST/STEdgeAI/2.1"


def test_a_linked_gcc_has_the_rest_of_its_tools(tmp_path):
    for name in ("arm-none-eabi-gcc", "arm-none-eabi-objcopy"):
        script(tmp_path / "real" / name, "#!/bin/sh\n")
    link = tmp_path / "bin" / "arm-none-eabi-gcc"
    link.parent.mkdir()
    link.symlink_to(tmp_path / "real" / "arm-none-eabi-gcc")
    assert FoundTool("gcc", link, "PATH", None, None).folder == tmp_path / "real"
    script(tmp_path / "bin" / "arm-none-eabi-objcopy", "#!/bin/sh\n")
    assert beside(link, "arm-none-eabi-objcopy") == tmp_path / "bin"


def test_a_home_with_blanks_and_umlauts(tmp_path):
    home = tmp_path / "Jörg Müller"
    stedgeai.install(home / "ST/STEdgeAI", "2.1")
    (tmp_path / "drive").mkdir()
    found = find_tool("stedgeai", Computer("linux", home, tmp_path / "drive"))
    assert [one.version.text for one in found] == ["2.1.0"]


def test_work_is_done_where_the_path_is_plain(tmp_path, monkeypatch):
    umlauts, public = tmp_path / "Jörg" / "Temp", tmp_path / "Public"
    umlauts.mkdir(parents=True)
    public.mkdir()
    monkeypatch.setattr(folders.tempfile, "gettempdir", lambda: str(umlauts))
    monkeypatch.setenv("PUBLIC", str(public))
    made = folders.working_folder(tmp_path / "Projekt für Jörg" / "work", "make")
    assert made.parent in (public, public.resolve())
    assert re.fullmatch(r"n6-\w+", made.name)
    made.rmdir()
    monkeypatch.setattr(folders, "plain_places", lambda: (umlauts,))
    with pytest.raises(ToolPathUnsafe):
        folders.working_folder(tmp_path / "Projekt für Jörg" / "work", "make")
    assert list(umlauts.iterdir()) == []


def test_snaps_are_known(tmp_path):
    (tmp_path / "snap").write_text("")
    (tmp_path / "gcc").symlink_to(tmp_path / "snap")
    assert is_snap(tmp_path / "gcc")
    assert not is_snap(tmp_path / "other")


def test_a_missing_drive_is_no_error(tmp_path):
    there = Computer("windows", tmp_path / "home", tmp_path / "none")
    assert find_tool("gcc", replace(there, variables={"LOCALAPPDATA": str(tmp_path / "no")})) == ()
