"""Where the files that the program carries along lie."""

from pathlib import Path

from n6studio.domain.carried import carried_places
from n6studio.domain.errors.files import FileMissing


def resource(name: str) -> Path:
    """Return the path of a carried file or folder, for example 'demo/n6demo-pose.pt'.

    In a checkout they lie in resources/, in an installed package below the environment's share/n6studio.

    Raises:
        FileMissing: it is not there; the installation is damaged.
    """
    places = carried_places(name)
    for place in places:
        if place.exists():
            return place
    raise FileMissing(path=places[0])
