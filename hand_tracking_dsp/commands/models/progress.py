"""Progress of commands that train networks: a bar for the present work, and lines of figures."""

from __future__ import annotations

from types import TracebackType

from rich.console import Console
from rich.progress import Progress


class WorkProgress:
    """Shows progress in the console, as compression.distillation.distill.Progress reports it.

    Args:
        console: Console to print to.
    """

    def __init__(self, console: Console) -> None:
        self._progress = Progress(console=console, transient=True)
        self._task = self._progress.add_task("")
        self._work = ""

    def __enter__(self) -> WorkProgress:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def __call__(self, work: str, done: int, of: int, figures: str) -> None:
        """Move the bar on, and print the figures above it.

        Args:
            work: Name of the work.
            done: Number of its parts that are done.
            of: Number of its parts; 0 = unknown.
            figures: Line to print; "" = none.
        """
        if work != self._work:
            self._work = work
            self._progress.reset(self._task)
        self._progress.update(self._task, description=work, completed=done, total=of or None)
        if figures:
            self._progress.console.print(f"{work}, {done} of {of}: {figures}")
