"""The firmware's C, built once with sanitizers."""

import pytest
from firmware_builders import build_for_host, host_compiler, run_on_host


@pytest.fixture(scope="session")
def host_harness(tmp_path_factory):
    """Return a function from a kind of case and payloads to what the C answers."""
    if host_compiler() is None:
        pytest.skip("no C compiler here")
    folder = tmp_path_factory.mktemp("harness")
    program = build_for_host(folder)
    return lambda kind, payloads: [a.payload for a in run_on_host(program, folder, [(kind, p) for p in payloads])]
