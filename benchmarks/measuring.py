"""Runs whole commands, measures them and prints tables.

Imports nothing heavy: a child's peak memory starts from its parent's.
"""

import os
import re
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).resolve().parent.parent

Command = list[str | Path]  # the arguments of Python


@dataclass(frozen=True)
class Options:
    """The options of every timing; see `python -m benchmarks --help`."""

    data_dir: Path
    rounds: int | None
    threads: int
    quick: bool

    def rounds_or(self, default: int) -> int:
        """Returns the number of rounds: the one given, else 1 with ``--quick``, else `default`."""
        return self.rounds or (1 if self.quick else default)


@dataclass(frozen=True)
class Timing:
    """Seconds of wall-clock time, and of processor time over all threads."""

    wall: float
    cpu: float


@dataclass(frozen=True)
class Finished:
    """A command that has ended.

    Attributes:
        timing: start-up included.
        peak: the highest resident memory in MiB.
        lines: the lines of stdout, each with the seconds after the start at which it came.
    """

    timing: Timing
    peak: float
    lines: list[tuple[float, str]]

    @property
    def text(self) -> str:
        return "\n".join(line for _, line in self.lines)

    def numbers(self, pattern: str) -> list[tuple[float, ...]]:
        """Returns, for each line that matches, its time and the numbers that `pattern` captures."""
        matches = ((seconds, re.search(pattern, line)) for seconds, line in self.lines)
        return [(seconds, *map(float, match.groups())) for seconds, match in matches if match]


def run(arguments: Sequence[str | Path], threads: int, expected: int = 0) -> Finished:
    """Runs Python with `arguments` in the project's folder.

    Raises:
        RuntimeError: the exit code is not `expected`; shows the end of the output.
    """
    environment = {"OMP_NUM_THREADS": str(threads), "PYTHONPATH": _python_path(), "PYTHONUNBUFFERED": "1"}
    started = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, *map(str, arguments)],
        cwd=ROOT,
        env=os.environ | environment,
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


def _python_path() -> str:
    return os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))


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


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Returns a Markdown table, its numbers aligned to the right."""
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def comparison(timings: Mapping[str, Sequence[Timing]], against: Sequence[str], unit: str = "s") -> str:
    """Returns a table of medians, spreads (lowest to highest) and ratios of medians to the contenders in `against`."""
    walls = {name: [timing.wall for timing in each] for name, each in timings.items()}
    rows = []
    for name, values in walls.items():
        cpu = median(timing.cpu for timing in timings[name])
        ratios = [f"{median(values) / median(walls[other]):.2f}" for other in against]
        rows.append([name, f"{median(values):.2f}", f"{min(values):.2f}–{max(values):.2f}", f"{cpu:.2f}", *ratios])
    head = ["", f"median {unit} of {len(values)}", "spread", f"CPU {unit}", *(f"÷ {name}" for name in against)]
    return table(head, rows)


def compare_commands(results: Mapping[str, Sequence[Finished]], against: str) -> str:
    """Returns the comparison of whole commands."""
    return comparison({name: [run.timing for run in runs] for name, runs in results.items()}, against=[against])


def compare_lines(
    results: Mapping[str, Sequence[Finished]], pattern: str, against: Sequence[str], unit: str = "s"
) -> str:
    """Returns the comparison of what each epoch printed (`pattern` captures wall and CPU time), without the first."""
    timings = {
        name: [Timing(wall, cpu) for run in runs for _, wall, cpu in run.numbers(pattern)[1:]]
        for name, runs in results.items()
    }
    return comparison(timings, against, unit)


def compose(overrides: Sequence[str]) -> dict[str, Any]:
    """Returns the config that the command line gives for these overrides."""
    from lightlab.config.composition import Groups, composed

    return composed(list(overrides), Groups([ROOT / "conf"]))
