"""Runs stories, which are sequences of jobs, side by side under a watchdog."""

import os
import signal
import time
from collections.abc import Generator, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Generic, TypeAlias, TypeVar

from benchmarks.campaign.server import Finished, Job, fork, members

HANG = 20.0  # seconds of processor time, or seconds of the wall clock in which none passes
_LOOKS = 0.5  # seconds from one look at the processor time to the next

T = TypeVar("T")
# Yields jobs that run at the same time, is sent how they finished, and returns its result.
Story: TypeAlias = Generator[list[Job], list[Finished], T]


def run_all(jobs: Iterable[Job], processes: int = 1) -> Iterator[tuple[Job, Finished]]:
    """Runs jobs side by side and yields them as they end."""

    def story(job: Job) -> Story[tuple[Job, Finished]]:
        (finished,) = yield [job]
        return job, finished

    return run_stories(map(story, jobs), processes)


def run(job: Job) -> Finished:
    """Runs one job."""
    return next(run_all([job]))[1]


def run_stories(stories: Iterable[Story[T]], processes: int = 1) -> Iterator[T]:
    """Runs stories side by side and yields their results as they end."""
    queue = iter(stories)
    running: list[_Told[T]] = []
    while True:
        while len(running) < processes and (story := next(queue, None)) is not None:
            running.append(_Told(story))
        if not running:
            return
        for told in list(running):
            if told.has_ended():
                running.remove(told)
                yield told.result
        time.sleep(0.005)


class _Told(Generic[T]):
    """A story and those of its jobs that run now."""

    result: T

    def __init__(self, story: Story[T]) -> None:
        self._story = story
        self._go_on(None)

    def _go_on(self, finished: list[Finished] | None) -> bool:
        """Starts the story's next jobs; returns whether there are none."""
        try:
            jobs = self._story.send(finished)  # type: ignore[arg-type]  # None starts it
        except StopIteration as stop:
            self.result, self._running = stop.value, []
            return True
        self._running = [_Process(job) for job in jobs]
        return False

    def has_ended(self) -> bool:
        """Looks after the jobs; once all of them have ended, the story goes on."""
        for process in self._running:
            process.look_after()
        if any(process.finished is None for process in self._running):
            return False
        return self._go_on([process.finished for process in self._running if process.finished])


class _Process:
    """A job's process under the watchdog; `finished` is None while it runs."""

    def __init__(self, job: Job) -> None:
        self._job, self._start, self._hung, self._killed = job, time.monotonic(), False, False
        self._id = fork(job)
        self._next_look, self._processor, self._moved = _LOOKS, 0.0, 0.0
        self.finished: Finished | None = None

    def look_after(self) -> None:
        if self.finished is not None:
            return
        seconds, job = time.monotonic() - self._start, self._job
        if job.kill and seconds > job.kill.after and not self._killed:
            self._killed = True
            job.kill.send(self._id)
        if seconds > self._next_look:
            self._look(seconds)
        ended, status, usage = os.wait4(self._id, os.WNOHANG)
        if ended:
            self.finished = self._result(status, usage.ru_utime + usage.ru_stime, seconds)

    def _look(self, seconds: float) -> None:
        """Ends the group if it computes, or waits, for too long."""
        processor = sum(_processor_time(process) for process in (self._id, *members(self._id)))
        if processor != self._processor:
            self._processor, self._moved = processor, seconds
        if processor > HANG or seconds - self._moved > HANG:
            self._hung = True
            os.killpg(self._id, signal.SIGKILL)
        self._next_look = seconds + _LOOKS

    def _result(self, status: int, processor: float, seconds: float) -> Finished:
        orphans = not _group_ends(self._id)
        folder, code = self._job.folder, os.waitstatus_to_exitcode(status)
        texts = [
            (folder / name).read_text(encoding="utf-8", errors="replace") for name in ("stdout", "stderr", "events")
        ]
        return Finished(code, texts[0], texts[1], processor, seconds, self._hung, texts[2].splitlines(), orphans)


def _processor_time(process: int) -> float:
    try:
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _group_ends(process: int) -> bool:
    """Waits a little for the processes that a command has started, then ends them by its group."""
    for _ in range(100):
        try:
            os.killpg(process, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.02)
    with suppress(ProcessLookupError):
        os.killpg(process, signal.SIGKILL)
    return False
