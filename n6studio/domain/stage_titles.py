"""What the stages' jobs are called, told by their descriptors; below everything, so that errors can name a stage."""

_TITLES: dict[str, str] = {}  # of every stage that this process has met


def name_stage(name: str, title: str) -> None:
    """Take over what a stage's job is called."""
    _TITLES[name] = title


def stage_title(name: str) -> str:
    """Return what a stage's job is called; what is no stage's name, such as a tool's, stays as it is."""
    return _TITLES.get(name, name)
