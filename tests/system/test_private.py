"""What the program writes of the user's is readable by the user alone."""

import os
import stat

import pytest
from builders import n6

pytestmark = pytest.mark.skipif(os.name == "nt", reason="it has no such permissions")


def open_to_others(folder):
    return [path for path in (folder, *folder.rglob("*")) if stat.S_IMODE(path.lstat().st_mode) & 0o077]


def test_results_logs_and_settings_of_a_command(carried, tmp_path):
    home = tmp_path / "home"
    log = home / "state" / "n6studio" / "log" / "n6studio.log"
    log.parent.mkdir(parents=True)
    log.write_text("of an earlier release")
    log.chmod(0o644)
    user = {
        "HOME": str(home), "XDG_CONFIG_HOME": str(home / "config"), "XDG_DATA_HOME": str(home / "data"),
        "XDG_STATE_HOME": str(home / "state"), "XDG_CACHE_HOME": str(home / "cache"),
    }  # fmt: skip
    project = tmp_path / "p.n6"
    done = n6("run", carried.checkpoint, "--project", project, "--imgsz", 33, cwd=tmp_path, **user)
    assert done.code != 0, "33 is no size; the inspection before it is done"
    assert n6("tools", "set", "make", "/bin/sh", cwd=tmp_path, **user).code == 0
    assert list(project.rglob("inspect.result.json")), done.err
    assert list(project.rglob("inspect.log"))
    assert open_to_others(project) == []
    assert (home / "config" / "n6studio" / "tools.json").is_file()
    assert open_to_others(home / "config" / "n6studio") == []
    assert stat.S_IMODE(log.stat().st_mode) == 0o600
    assert open_to_others(log.parent) == []
