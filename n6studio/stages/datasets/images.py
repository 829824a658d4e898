"""Images found in folders."""

from pathlib import Path

from n6studio.domain.errors.foreign import reading
from n6studio.domain.evaluation.account import LeftOut
from n6studio.domain.model.formats import IMAGE_SUFFIXES, OTHER_SUFFIXES, ULTRALYTICS_ALONE
from n6studio.domain.texts import counted, listed, plural
from n6studio.gates.files import require_folder, require_present
from n6studio.gates.folders import visible_files

ALONE = "which Ultralytics alone reads"


def list_images(folder: Path, recursive: bool = True) -> list[Path]:
    """Return the images in `folder`, sorted by path, judged by their suffix; a single file is taken as it is.

    Links to folders are followed once. Hidden files and folders are left out (macOS leaves `._` files that only look
    like images).

    Raises:
        FileMissing: there is no such folder or file.
        FileUnreadable: the operating system refuses to list it.
        FolderTooLarge: it has more files than are looked at.
    """
    with reading(folder):
        require_present(folder)
    if folder.is_file():
        return [folder]
    with reading(folder):
        require_folder(folder)
    found = [path for path in visible_files(folder, recursive) if path.suffix.lower() in IMAGE_SUFFIXES]
    return sorted(found, key=lambda path: path.as_posix())


def other_formats(folder: Path, wanted: frozenset[str] = IMAGE_SUFFIXES) -> list[tuple[str, LeftOut]]:
    """Return what there is to say about images in `folder` of formats that are not used: a note, and their account.

    Args:
        folder: a folder, or a file, of which nothing is said.
        wanted: the suffixes that are used.

    Raises:
        FileUnreadable: the operating system refuses to list it.
    """
    if not folder.is_dir():
        return []
    passed_over = IMAGE_SUFFIXES - wanted
    found = [path for path in visible_files(folder) if path.suffix.lower() in OTHER_SUFFIXES | passed_over]
    told = []
    for suffixes, why, cure in (
        (ULTRALYTICS_ALONE, ALONE, "files are not read, and Ultralytics trains on them. Convert them to PNG or JPEG."),
        (OTHER_SUFFIXES - ULTRALYTICS_ALONE, "which are not read", "files are not read. Convert them to PNG or JPEG."),
        (passed_over, "which Ultralytics passes over", "files are passed over by Ultralytics. Rename them to .jpg."),
    ):
        these = sorted((path for path in found if path.suffix.lower() in suffixes), key=lambda path: path.as_posix())
        if these:
            kinds = listed(sorted({path.suffix.lower() for path in these}))
            count = len(these)
            note = f"{counted(count, 'image')} in {folder.name} {plural(count, 'was', 'were')} left out: {kinds} {cure}"
            told.append((note, LeftOut(count=count, reason=f"in {kinds} files, {why}", example=these[0].name)))
    return told
