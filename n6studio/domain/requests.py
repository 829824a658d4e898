"""What a stage is asked for: plain data that crosses the process border as JSON."""

import hashlib
import json
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class InputFile:
    """A file or folder that a stage reads.

    Attributes:
        path: absolute path.
        sha256: hex digest of its contents; of a folder, over the names and contents of what counts in it.
    """

    path: str
    sha256: str


@dataclass(frozen=True)
class StageRequest:
    """One job for one stage, complete: nothing is asked for later.

    Attributes:
        stage: name of the stage.
        settings: its settings, all of them, as plain values.
        inputs: role -> files, in order.
        tools: versions of the packages whose change would change the result.
    """

    stage: str
    settings: dict[str, Any]
    inputs: dict[str, tuple[InputFile, ...]]
    tools: dict[str, str] = field(default_factory=dict)

    def fingerprint(self) -> str:
        """Return a hex digest that changes with the settings, the inputs' contents and the tools, not with paths."""
        contents = {role: [item.sha256 for item in files] for role, files in self.inputs.items()}
        identity = [self.stage, self.settings, contents, self.tools]
        return hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()
