"""The calibration and evaluation images of a project, as inputs of stages."""

from n6studio.domain.errors.datasets import CalibrationMissing, DataMissing
from n6studio.domain.project import Project
from n6studio.domain.stage import Files, Inputs, files


def calibration_files(project: Project) -> Files:
    """Return the calibration images.

    Raises:
        CalibrationMissing: the project names none.
    """
    if project.calibration is None:
        raise CalibrationMissing()
    return Files((project.calibration,), images_only=True, lock=project.calibration_lock)


def data_files(project: Project) -> Inputs:
    """Return what to evaluate on, as the roles 'data' and 'images'.

    Without labelled data these are the calibration images, on which only agreement can be told.

    Raises:
        DataMissing: the project names neither data nor calibration images.
    """
    if project.data is None and project.calibration is None:
        raise DataMissing()
    data = calibration_files(project) if project.data is None else files(project.data, images_only=True)
    return (
        {"data": data} if project.images is None else {"data": data, "images": files(project.images, images_only=True)}
    )
