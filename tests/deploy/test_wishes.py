"""What a project's file names as tools is not run, built or written to before the user allowed exactly that."""

import dataclasses
import shutil

import pytest
import yaml
from builders import n6
from deployments import quantized_project

from n6studio.domain.errors.tools import ToolNotAllowed
from n6studio.domain.project import PROJECT_FILE
from n6studio.engine.deploy.project import Wish, examine_project, order_for
from n6studio.engine.deploy.wishes import allow, deploy_settings, wishes_of
from n6studio.engine.project.project import load_project, save_project
from n6studio.stages.deploy.stage import DEPLOY

TOOLS = ("compiler", "programmer", "signing_tool", "gcc", "make")
PROGRAM = '#!/bin/sh\necho "$0" >> "{canary}"\necho "GNU Make 4.3"\n'


class Foreign:
    """A project from elsewhere that names programs of its own, each of which leaves a line when it runs."""

    def __init__(self, folder):
        self.folder, self.canary = folder / "foreign.n6", folder / "ran.txt"
        quantized_project(self.folder)
        self.named = {name: self.folder / "tools" / name for name in TOOLS}
        for path in self.named.values():
            self.write(path)
        values = {name: str(path) for name, path in self.named.items()}
        values |= {"application": str(folder / "app"), "virtual_folder": str(folder / "written"), "confidence": 0.7}
        self.set(board="stm32n6570-dk", **values)

    def write(self, path, more=""):
        path.parent.mkdir(exist_ok=True)
        path.write_text(PROGRAM.format(canary=self.canary) + more)
        path.chmod(0o755)

    def set(self, **values):
        document = yaml.safe_load((self.folder / PROJECT_FILE).read_text())
        document["settings"] = {"deploy": {**document.get("settings", {}).get("deploy", {}), **values}}
        (self.folder / PROJECT_FILE).write_text(yaml.safe_dump(document))

    @property
    def project(self):
        return load_project(self.folder)

    @property
    def ran(self):
        return set(self.canary.read_text().split()) if self.canary.exists() else set()


@pytest.fixture
def foreign(tmp_path):
    return Foreign(tmp_path)


def test_its_programs_are_not_run_when_the_deployment_is_looked_at(foreign):
    found = examine_project(foreign.project, None, None)
    assert foreign.ran == set()
    assert {wish.setting for wish in found.wishes} == {*TOOLS, "application", "virtual_folder"}
    assert not any(wish.allowed for wish in found.wishes)
    assert found.board == "stm32n6570-dk"


def test_its_folder_for_the_virtual_board_is_not_written_to(foreign, tmp_path):
    foreign.set(board="virtual")
    examine_project(foreign.project, None, None)
    assert not (tmp_path / "written").exists()
    allow(foreign.project, ["virtual_folder"])
    examine_project(foreign.project, None, None)
    assert (tmp_path / "written" / "board.json").is_file()


def test_other_settings_of_it_count(foreign):
    assert deploy_settings(foreign.project).confidence == 0.7


def test_what_was_allowed_is_used_and_nothing_else(foreign):
    allow(foreign.project, ["make"])
    settings = deploy_settings(foreign.project)
    assert settings.make == str(foreign.named["make"])
    assert settings.gcc == settings.compiler == settings.programmer == settings.application == ""
    examine_project(foreign.project, None, None)
    assert foreign.ran == {str(foreign.named["make"])}
    assert order_for(foreign.project, foreign.canary, Wish()).settings.make == str(foreign.named["make"])


def test_another_program_under_the_same_path_is_asked_for_again(foreign):
    allow(foreign.project, ["make"])
    foreign.write(foreign.named["make"], "rm -rf everything\n")
    examine_project(foreign.project, None, None)
    assert foreign.ran == set()
    assert not next(wish for wish in wishes_of(foreign.project) if wish.setting == "make").allowed


def test_the_same_program_for_another_project_needs_no_second_question(foreign, tmp_path):
    allow(foreign.project, ["make"])
    shutil.copytree(foreign.folder, tmp_path / "second.n6")
    assert deploy_settings(load_project(tmp_path / "second.n6")).make == str(foreign.named["make"])


@pytest.mark.parametrize("place", ["app/.hidden.mk", "app/.git/config.mk", "elsewhere/rules.mk"])
def test_a_file_added_to_the_sources_makes_them_others(foreign, tmp_path, place):
    """Wherever a Makefile can include it from: `app` links to `elsewhere`, and round to itself."""
    for folder in ("app/.git", "elsewhere"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "app" / "linked").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "app" / "round").symlink_to(tmp_path / "app")
    (tmp_path / "app" / "Makefile").write_text("all:\n")
    allow(foreign.project, ["application"])
    assert deploy_settings(foreign.project).application == str(tmp_path / "app")
    (tmp_path / place).write_text("all: evil\n")
    assert deploy_settings(foreign.project).application == ""


def test_what_is_not_there_cannot_be_allowed(foreign):
    foreign.set(make="nowhere/make")
    with pytest.raises(ToolNotAllowed) as caught:
        allow(foreign.project, ["make", "gcc"])
    assert caught.value.path == foreign.folder / "nowhere" / "make"
    assert not any(wish.allowed for wish in wishes_of(foreign.project)), "all or none"


def test_a_project_keeps_what_it_asks_for(foreign):
    before = yaml.safe_load((foreign.folder / PROJECT_FILE).read_text())["settings"]
    project = foreign.project
    save_project(dataclasses.replace(project, settings={**project.settings}))
    assert yaml.safe_load((foreign.folder / PROJECT_FILE).read_text())["settings"] == before
    assert foreign.project.settings_of(DEPLOY).make == ""


def test_on_the_command_line_it_is_told_and_allowed_by_a_step_of_its_own(foreign, user, tmp_path):
    done = n6("deploy", foreign.folder, "--prepare-only", "--accept-licence-notice", cwd=tmp_path, **user)
    assert done.code != 0, "there is neither application nor compiler"
    assert f"this project requests {foreign.named['make']} as Make, which is not used" in done.err
    assert f"n6studio tools allow {foreign.folder} make" in done.err
    assert foreign.ran == set()
    listed = n6("tools", "wishes", foreign.folder, "--json", cwd=tmp_path, **user)
    assert [wish["allowed"] for wish in listed.data["wishes"]] == [False] * 7
    done = n6("tools", "allow", foreign.folder, "make", "--json", cwd=tmp_path, **user)
    assert {wish["setting"] for wish in done.data["wishes"] if wish["allowed"]} == {"make"}
    assert foreign.ran == set(), "allowing runs nothing"
    n6("deploy", foreign.folder, "--prepare-only", "--accept-licence-notice", cwd=tmp_path, **user)
    assert foreign.ran == {str(foreign.named["make"])}


def test_an_option_is_the_users_own_choice(foreign, user, tmp_path):
    n6(
        "deploy",
        foreign.folder,
        "--prepare-only",
        "--accept-licence-notice",
        "--gcc",
        foreign.named["gcc"],
        cwd=tmp_path,
        **user,
    )
    assert foreign.ran == {str(foreign.named["gcc"])}


def test_a_setting_that_was_typed_for_a_project_is_allowed_by_that(foreign, user, tmp_path):
    n6("run", foreign.folder, "--set", f"deploy.make={foreign.named['make']}", cwd=tmp_path, **user)
    listed = n6("tools", "wishes", foreign.folder, "--json", cwd=tmp_path, **user)
    assert {wish["setting"] for wish in listed.data["wishes"] if wish["allowed"]} == {"make"}
