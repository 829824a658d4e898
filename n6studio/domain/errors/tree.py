"""What an application's tree says, held against itself, the board and the model. Codes N6S-T80 to T86."""

from pathlib import Path

from n6studio.domain.errors.base import DeployError, ExitCode
from n6studio.domain.errors.remedy import Remedy

_FRESH = "If you did not change these files, use a fresh copy of the application."


class ReleaseNotKnown(DeployError):
    """An application, or a compiler that it wants, that this program has no experience with."""

    code = "N6S-T80"
    exit_status = ExitCode.INPUT
    application: str
    differs: str
    remedy = Remedy(
        "{application} is newer than this program knows",
        "Different from the releases that N6 Studio was tried with: {differs}.",
        (
            "Look for an update of N6 Studio.",
            "Or try it: --allow-newer on the command line, or 'Try newer releases' in the deployment settings. All "
            "checks stay on; what the build writes is read from the application.",
            "Or use a release that is known; n6studio doctor lists them.",
        ),
    )


class MemoryOverlap(DeployError):
    """Two memories of an application that share addresses."""

    code = "N6S-T81"
    exit_status = ExitCode.INPUT
    first: str
    first_range: str
    second: str
    second_range: str
    pools: Path | str
    linker: Path | str
    remedy = Remedy(
        "{first} and {second} overlap",
        "{first} is {first_range}, {second} is {second_range}: what the model computes would overwrite the "
        "application, or the reverse, without any error on the board.",
        ("Compare {pools} with the MEMORY block of {linker}, and correct one of them.", _FRESH),
    )


class RegionMisplaced(DeployError):
    """An application that is linked to another address than the boot loader starts."""

    code = "N6S-T82"
    exit_status = ExitCode.INPUT
    linker: Path | str
    region: str
    found: str
    wanted: str
    remedy = Remedy(
        "The application is linked to another address than the boot loader starts",
        "{region} in {linker} begins at {found}; the boot loader of this board starts what is at {wanted}.",
        ("Set the region's ORIGIN back to {wanted}.", _FRESH),
    )


class BootLoaderMissing(DeployError):
    """An application without the boot loader that starts it."""

    code = "N6S-T83"
    exit_status = ExitCode.INPUT
    path: Path | str
    application: str
    searched: str
    remedy = Remedy(
        "{application} comes without its boot loader",
        "Searched in {path}: {searched}. Without it, the board does not start the application.",
        (
            "Copy ai_fsbl.hex from ST's release of this application to one of these places.",
            "If it is a clone, fetch what is missing: git submodule update --init --recursive, and git lfs pull where "
            "the file is a pointer of a few lines.",
        ),
    )


class OutputTypeMismatch(DeployError):
    """A compiled model whose output the application's post-processing cannot read."""

    code = "N6S-T84"
    application: str
    post_processing: str
    wanted: str
    found: str
    remedy = Remedy(
        "The compiled model gives {found}, the application reads {wanted}",
        "{post_processing}, which {application} was written for, takes {wanted}; other values would be read as if they "
        "were {wanted}, and no person or many false ones would be shown.",
        ("Compile again: --force.", "If it stays so, use the ST Edge AI Core release that the application names."),
    )


class TablesDisagree(DeployError):
    """A header whose tables of keypoints, edges or classes are not the model's."""

    code = "N6S-T85"
    path: Path | str
    name: str
    found: str
    wanted: str
    remedy = Remedy(
        "{name} in {path} does not fit the model",
        "It says {found}; the model needs {wanted}. The application would read beyond its tables.",
        (
            "Use a fresh copy of the application: this line could not be adapted to the model.",
            "If you wrote the line yourself, move it to the form that ST's release has.",
        ),
    )


class WeightsMisplaced(DeployError):
    """Weights that would be compiled for another address than they can be programmed to."""

    code = "N6S-T86"
    exit_status = ExitCode.INPUT
    pool: str
    address: str
    wanted: str
    where: Path | str
    remedy = Remedy(
        "The weights are expected at {address}",
        "{pool} begins there; {where} says {wanted}. The NPU would read what is not the weights, without an error.",
        ("Set the address of {pool} in the application's memory pool file to {wanted}.", _FRESH),
    )
