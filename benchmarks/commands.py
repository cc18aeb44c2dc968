"""Runs whole commands and measures them. Imports nothing heavy: a child's peak memory starts from its parent's."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.tables import Timing

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Finished:
    """A command that has ended.

    Attributes:
        timing: start-up included.
        peak: resident memory in MiB at its highest.
        lines: of stdout, each with the seconds after the start at which it came.
    """

    timing: Timing
    peak: float
    lines: list[tuple[float, str]]

    @property
    def text(self) -> str:
        return "\n".join(line for _, line in self.lines)

    def numbers(self, pattern: str) -> list[tuple[float, ...]]:
        """The numbers that `pattern` captures in each line that has it, after the line's time."""
        found = ((seconds, re.search(pattern, line)) for seconds, line in self.lines)
        return [(seconds, *map(float, match.groups())) for seconds, match in found if match]


def run(arguments: Sequence[str | Path], threads: int, expected: int = 0) -> Finished:
    """Runs Python with `arguments` from the project's folder.

    Raises:
        RuntimeError: its exit code is not `expected`; shows the end of its output.
    """
    started = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, *map(str, arguments)],
        cwd=ROOT,
        env=_environment(threads),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    lines = [(time.perf_counter() - started, line.rstrip()) for line in process.stdout]
    _, status, usage = os.wait4(process.pid, 0)  # RUSAGE_CHILDREN would give the largest of all children so far
    timing = Timing(time.perf_counter() - started, usage.ru_utime + usage.ru_stime)
    process.returncode = os.waitstatus_to_exitcode(status)
    finished = Finished(timing, usage.ru_maxrss / 1024, lines)
    if process.returncode != expected:
        raise RuntimeError(f"{' '.join(map(str, arguments))} ended with {process.returncode}:\n{finished.text[-2000:]}")
    return finished


def alternate(
    contenders: Mapping[str, Sequence[str | Path]], rounds: int, threads: int, expected: int = 0
) -> dict[str, list[Finished]]:
    """Runs each contender once a round, so that a slow spell of the machine falls on all of them."""
    results: dict[str, list[Finished]] = {name: [] for name in contenders}
    for turn in range(rounds):
        for name, arguments in contenders.items():
            print(f"round {turn + 1}/{rounds}: {name}", file=sys.stderr, flush=True)
            results[name].append(run(arguments, threads, expected))
    return results


def _environment(threads: int) -> dict[str, str]:
    return os.environ | {"OMP_NUM_THREADS": str(threads), "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
