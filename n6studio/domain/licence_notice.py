"""What must be known before ST's software and a YOLO model are combined in one program. Not legal advice."""

VERSION = 1  # raise it when the text changes in substance; it is then confirmed again

TITLE = "Before ST's software and this model are combined"

PARAGRAPHS = (
    "Models of the YOLOv8 family, their weights, and what is trained with Ultralytics are under the GNU Affero "
    "General Public License (AGPL-3.0), unless you have another licence from Ultralytics. ST's applications, runtime "
    "library and first-stage loader are under ST's own licence terms, which come with them.",
    "Deployment combines both in what is written to the board. The AGPL wants sources passed on under its terms, and "
    "ST's terms restrict how theirs may be passed on. A board, an image or a release zip that holds both should "
    "not be given to others before somebody who knows the law has cleared that, or you have other licences.",
    "N6 Studio brings none of ST's files along. It uses the copies that you installed or downloaded, builds in a copy "
    "of its own, and puts no source of ST's into a release zip.",
)


def as_text() -> str:
    """Return the notice as plain text."""
    return "\n\n".join([TITLE, *PARAGRAPHS])
