"""What goes wrong with a cluster of other computers: the package, the scheduler, the workers. Codes N6S-G."""

from n6studio.domain.errors.base import StudioError
from n6studio.domain.errors.remedy import Remedy
from n6studio.domain.errors.stages import MachineError


class ClusterPackageMissing(MachineError):
    """Work is to run on a cluster, and Dask's package for that is not installed."""

    code = "N6S-G01"
    python: str
    package: str
    reason: str
    remedy = Remedy(
        "Dask distributed is not installed",
        "{reason}. It is needed for --cluster only.",
        (
            "Install it into the environment of N6 Studio: {python} -m pip install {package}",
            "Or run without --cluster, on this computer.",
        ),
    )


class ClusterUnreachable(MachineError):
    """No scheduler answers."""

    code = "N6S-G02"
    address: str
    reason: str
    remedy = Remedy(
        "No Dask scheduler answers at {address}",
        "{reason}.",
        (
            "Check that it runs: dask scheduler. It prints its address when it starts.",
            "For an address that begins with tls://, set the certificates in Dask's own configuration, the same on all "
            "computers.",
            "Start the command again: what is finished is kept.",
        ),
    )


class ClusterWithoutWorkers(MachineError):
    """The scheduler has no worker, or the last one was lost."""

    code = "N6S-G03"
    address: str
    seconds: int
    remedy = Remedy(
        "The cluster at {address} has no workers",
        "None was there, or came back, within {seconds} seconds.",
        (
            "Start one or more in an environment with this N6 Studio: dask worker {address}",
            "Start the command again: what is finished is kept.",
        ),
    )


class ClusterDiffers(MachineError):
    """No worker has the versions of this computer."""

    code = "N6S-G04"
    address: str
    differences: tuple[str, ...]
    remedy = Remedy(
        "No worker at {address} has the versions of this computer",
        "{differences}. Results would differ.",
        ("Set N6 Studio up in the same version on every worker, with its conversion layer, and start it again.",),
    )


class ClusterGaveUp(StudioError):
    """One piece of work was begun several times, and each time its worker was lost."""

    code = "N6S-G05"
    exit_status = MachineError.exit_status
    stage: str
    times: int
    last: str
    remedy = Remedy(
        "{stage}: given up after {times} workers were lost",
        "Each worker that ran it ended meanwhile, the last one was {last}. It may need more memory, or "
        "room on the disk, than they have.",
        (
            "See the worker's own output for why it ended.",
            "Start workers with more memory each: dask worker --nworkers 1 --memory-limit 0",
            "Start the command again: what is finished is kept.",
        ),
    )


class ClusterFileDamaged(StudioError):
    """A file arrived with other contents than it was sent with."""

    code = "N6S-G06"
    exit_status = MachineError.exit_status
    name: str
    worker: str
    remedy = Remedy(
        "{name} arrived damaged",
        "Between this computer and the worker {worker} its contents changed, or the file changed while it was read.",
        ("Start the command again.", "If it happens again, check the connection and the memory of both computers."),
    )


class ClusterUnable(StudioError):
    """Workers are there, and none of their computers can do the work."""

    code = "N6S-G07"
    exit_status = MachineError.exit_status
    address: str
    reasons: tuple[str, ...]
    remedy = Remedy(
        "No worker at {address} can go on",
        "{reasons}.",
        (
            "Free space or memory on the workers' computers, or give their files another disk: "
            "dask worker {address} --local-directory FOLDER",
            "Start those workers again: what they were sent goes when they end.",
            "Start the command again: what is finished is kept.",
        ),
    )
