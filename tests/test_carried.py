"""What travels with the project for testing is what it says."""

import json

from carried import CALIBRATION_IMAGES, IMAGES, IMAGES_WITH_PEOPLE, MODELS, PEOPLE

from n6studio.stages.model.runner import open_model


def test_labelled_images(carried):
    labels = json.loads(carried.labels.read_text(encoding="utf-8"))
    assert len(labels["images"]) == len(list(carried.images.iterdir())) == IMAGES
    assert len(labels["annotations"]) == PEOPLE
    assert len({person["image_id"] for person in labels["annotations"]}) == IMAGES_WITH_PEOPLE
    assert len(list(carried.calibration.iterdir())) == CALIBRATION_IMAGES


def test_models(carried):
    fine, coarse = open_model(carried.fine).info, open_model(carried.coarse).info
    assert (fine.size, fine.input_type, fine.output_type) == ((256, 256), "uint8", "float")
    assert (coarse.size, coarse.input_type, coarse.output_type) == ((192, 192), "uint8", "float")
    assert carried.checkpoint.is_file()


def test_they_stay_small():
    assert sum(path.stat().st_size for path in MODELS.iterdir()) < 3_000_000
