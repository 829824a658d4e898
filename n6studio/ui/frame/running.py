"""What is running now that takes long: the engine's job, and the work that pages have begun."""

from n6studio.domain.stage_titles import stage_title
from n6studio.domain.texts import listed, plural
from n6studio.stages.registry import STAGES
from n6studio.ui.context import Context
from n6studio.ui.engine_thread import EngineThread


class Running:
    """Asks the context and the engine; knows nothing of its own."""

    def __init__(self, context: Context, engine: EngineThread) -> None:
        self._context, self._engine = context, engine

    def __bool__(self) -> bool:
        return bool(self._engine.job or self._context.work)

    @property
    def may_be_left(self) -> bool:
        """Whether nobody would miss it: nothing runs, or only a new project is being looked at."""
        job = STAGES.get(self._engine.job)
        return not self or (job is not None and job.on_opening)

    def sentence(self) -> str:
        """Return what runs, such as "Export and Recording are still running."."""
        job = [stage_title(self._engine.job)] if self._engine.job else []
        titles = [*job, *(work.title for work in self._context.work.values())]
        return f"{listed(titles)} {plural(len(titles), 'is', 'are')} still running."

    def stop(self) -> None:
        """Stop the running job; where there is none, what else takes long."""
        if self._engine.job:
            self._context.cancel()
        else:
            self.stop_work()

    def stop_work(self) -> None:
        """Stop what pages have begun."""
        for work in tuple(self._context.work.values()):
            work.stop()
