"""Pose models that Ultralytics describes: what can be built by name where nobody has trained weights."""

_FAMILIES = ("yolov8", "yolo11", "yolo12", "yolo26")
_SCALES = "nsmlx"

ARCHITECTURES = tuple(f"{family}{scale}-pose" for family in _FAMILIES for scale in _SCALES)
FORMS = "yolov8, yolo11, yolo12 or yolo26 with n, s, m, l or x and -pose, such as yolov8s-pose"


def family_and_scale(name: str) -> tuple[str, str]:
    """Return the name of the description that several sizes share, and the size: ('yolov8-pose', 's').

    Args:
        name: one of `ARCHITECTURES`.
    """
    base, _, task = name.rpartition("-")
    return f"{base[:-1]}-{task}", base[-1]
