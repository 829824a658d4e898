"""Where stages run: on this computer, or with --cluster on the workers of a Dask scheduler."""

import argparse
import contextlib
from collections.abc import Iterator

from n6studio.cli.progress import Progress
from n6studio.engine.jobs.run import StageRunner, run_stage


@contextlib.contextmanager
def stages_run(options: argparse.Namespace) -> Iterator[tuple[StageRunner, int]]:
    """Give what runs stages, and how many workers it has elsewhere: 0 for this computer.

    Raises:
        StudioError: the cluster cannot be used.
    """
    if not options.cluster:
        yield run_stage, 0
        return
    from n6studio.engine.cluster.cluster import connected
    from n6studio.engine.cluster.evaluation import ClusterRunner

    progress = Progress(options.quiet)

    def say(text: str) -> None:
        progress.say(f"Cluster: {text}", always=True)

    with connected(options.cluster, say) as cluster:
        yield ClusterRunner(cluster), max(2, cluster.workers.require())
