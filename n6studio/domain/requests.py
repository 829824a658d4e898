"""What a stage is asked for and what it hands back: plain data that crosses the process border as JSON."""

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

    def to_json(self) -> dict[str, Any]:
        """Return the request as a JSON-ready mapping."""
        inputs = {
            role: [{"path": item.path, "sha256": item.sha256} for item in files] for role, files in self.inputs.items()
        }
        return {"stage": self.stage, "settings": self.settings, "inputs": inputs, "tools": self.tools}


def request_from_json(data: dict[str, Any]) -> StageRequest:
    """Rebuild a request written by `StageRequest.to_json`."""
    inputs = {role: tuple(InputFile(**item) for item in files) for role, files in data["inputs"].items()}
    return StageRequest(data["stage"], data["settings"], inputs, data.get("tools", {}))


@dataclass(frozen=True)
class StageOutcome:
    """What a stage hands back when it succeeded.

    Attributes:
        outputs: role -> path relative to the stage's folder.
        figures: JSON-ready results.
        warnings: sentences that the user should see.
        versions: package -> version of what ran.
        watched: folders that the inputs only refer to; when a picture or label file in one of them changes, the
            result is no longer fresh.
    """

    outputs: dict[str, str]
    figures: dict[str, Any]
    warnings: tuple[str, ...] = ()
    versions: dict[str, str] = field(default_factory=dict)
    watched: tuple[str, ...] = ()
