"""What models are called where several stand side by side."""

from types import SimpleNamespace

from n6studio.cli.texts import models_table
from n6studio.domain.requests import InputFile
from n6studio.stages.evaluate.opening import name_models


def test_two_files_of_one_name_are_told_apart_in_the_table_too():
    files = tuple(InputFile(f"/{place}/net.tflite", place) for place in ("int8", "int4"))
    names = [one.name for one in name_models(files, ())]
    assert names == ["net.tflite", "net.tflite (2)"]
    models = [SimpleNamespace(name=name, coco=None, zoo=None, images_per_second=None) for name in names]
    lines = models_table(models).splitlines()
    assert [line.split("  ")[0] for line in lines[1:]] == names
