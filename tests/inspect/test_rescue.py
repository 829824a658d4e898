"""Checkpoints that are saved in another form than Ultralytics', and the way out of each."""

import json
import subprocess
import sys

import pytest
from builders import assert_told, n6

from n6studio.domain.errors.models import CheckpointNotRebuilt, CheckpointOldFormat, CheckpointWrapped
from n6studio.stages.checkpoint.plain_pickle import Mapping
from n6studio.stages.checkpoint.plain_values import Undescribed
from n6studio.stages.checkpoint.weights import describe_weights

MAKE = """
import sys, torch, yaml
from pathlib import Path
from n6studio.stages.checkpoint.load import load
source, folder = Path(sys.argv[1]), Path(sys.argv[2])
model = load(source).model
weights = model.state_dict()
torch.save(weights, folder / "plain.pt")
torch.save({"state_dict": {"module." + name: value for name, value in weights.items()}}, folder / "prefixed.pt")
torch.save({"model": torch.nn.DataParallel(model)}, folder / "wrapped.pt")
torch.save({"model": torch.nn.DataParallel(torch.nn.Conv2d(3, 3, 1))}, folder / "other.pt")
torch.save(model, folder / "whole.pt")
torch.save({"param_groups": [1], "state": {}}, folder / "optimizer.pt")
torch.save(torch.zeros(3), folder / "tensor.pt")
torch.save({"model": model}, folder / "old.pt", _use_new_zipfile_serialization=False)
(folder / "model.yaml").write_text(yaml.safe_dump({k: v for k, v in model.yaml.items() if k != "yaml_file"}))
"""

COMPARE = """
import sys, torch
from pathlib import Path
from n6studio.stages.checkpoint.load import load
first, *others = (load(Path(path)).model for path in sys.argv[1:])
image = torch.rand(1, 3, 64, 64)
with torch.no_grad():
    print(all(torch.equal(first(image)[0], other(image)[0]) for other in others))
"""


@pytest.mark.slow
def test_every_form_is_told_or_read(carried, tmp_path):
    subprocess.run([sys.executable, "-c", MAKE, str(carried.checkpoint), str(tmp_path)], check=True)
    made = [tmp_path / "wrapped.pt", tmp_path / "whole.pt"]
    for name in ("optimizer", "tensor"):
        assert_told(n6("inspect", f"{name}.pt", "--json", cwd=tmp_path), "N6S-M39", 3)
    for name in ("plain", "prefixed"):
        assert_told(n6("inspect", f"{name}.pt", "--json", cwd=tmp_path), "N6S-M24", 3)
        done = n6("rescue", f"{name}.pt", "--yaml", "model.yaml", "-o", name, cwd=tmp_path)
        assert done.code == 0, done.err
        made.append(tmp_path / name / f"{name}-checkpoint.pt")
    words = [sys.executable, "-c", COMPARE, str(carried.checkpoint), *map(str, made)]
    assert subprocess.run(words, check=True, capture_output=True, text=True).stdout.strip() == "True"
    from n6studio.stages.checkpoint.load import load

    with pytest.raises(CheckpointWrapped) as wrapped:
        load(tmp_path / "other.pt")
    assert (wrapped.value.wrapper, wrapped.value.inner) == ("DataParallel", "Conv2d")
    with pytest.raises(CheckpointOldFormat):
        load(tmp_path / "old.pt")
    (tmp_path / "other.yaml").write_text(json.dumps({"nc": 1, "kpt_shape": [17, 3], "backbone": [], "head": []}))
    refused = n6("rescue", "plain.pt", "--yaml", "other.yaml", "-o", "no", "--json", cwd=tmp_path)
    assert_told(refused, CheckpointNotRebuilt.code, 3)


@pytest.mark.parametrize("content", [Mapping([]), Mapping([("head.weight", 1)]), 7])
def test_what_holds_no_weights_of_layers_is_refused(content):
    with pytest.raises(Undescribed, match="no weights"):
        describe_weights(content, {}, "", "a.yaml")
