import argparse
from pathlib import Path

import pytest

from n6studio.cli.commands.live import COMMAND
from n6studio.cli.texts import EXPORTED
from n6studio.link.recording.exports import EXPORTS
from n6studio.ui.pages.live import replay
from n6studio.ui.pages.live.recording import CLIP, EVALUATION_IMAGES
from n6studio.ui.pages.live.replay_bar import CHOICES


def test_the_window_offers_every_export_and_knows_how_to_ask_for_its_file():
    assert {what for what, _ in CHOICES} == {*EXPORTS, CLIP}
    assert set(replay._ASKED) == {*EXPORTS, CLIP} - {EVALUATION_IMAGES}
    for what, (_, kinds) in replay._ASKED.items():
        assert what == CLIP or f"*{EXPORTS[what].ending}" in kinds


@pytest.mark.parametrize("name", EXPORTS)
def test_every_export_is_an_option(name):
    parser = argparse.ArgumentParser()
    COMMAND.options(parser)
    assert vars(parser.parse_args([f"--{name}", "made"]))[name] == Path("made")
    reported = EXPORTS[name].reported
    assert EXPORTED.get(reported, reported) == name
