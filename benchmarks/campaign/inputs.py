"""The campaign of inputs: from a kind and a seed to a verdict."""

import os
import random
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.campaign.bases import Bases
from benchmarks.campaign.mutators import Mutator, mutators
from benchmarks.campaign.outcomes import BAD, Case, Verdict, judge, keep
from benchmarks.campaign.server import Job
from benchmarks.campaign.stories import run_all

_FRESH = 50  # one of so many runs in a new interpreter


def attacks(kinds: Sequence[str], first: int, count: int, bases: Bases, scratch: Path) -> Iterator[Job]:
    """Yields `count` cases, the kinds in turn; the seed of a case is `first` and its number."""
    known = mutators()
    for number in range(count):
        kind, seed = kinds[number % len(kinds)], first + number
        base = random.Random(seed).choice(known[kind].bases)
        bases.make(base)
        yield attack(kind, known[kind], seed, base, bases, scratch)


def attack(kind: str, mutator: Mutator, seed: int, base: str, bases: Bases, scratch: Path) -> Job:
    folder = scratch / f"{kind.replace(' ', '-')}-{seed}"
    folder.mkdir(parents=True)

    def prepare(work: Path) -> Sequence[str]:
        bases.copy(base, work)
        case = mutator.mutate(random.Random(f"{kind} {seed}"), work, base)
        case.save(folder / "case.json")
        os.environ.update(case.environment)
        return case.command

    return Job(folder, prepare, fresh=seed % _FRESH == 0)


def verdicts(jobs: Iterator[Job], processes: int, kept: Path | None) -> Iterator[Verdict]:
    """Runs the cases, and keeps the folders of bad ones in `kept`."""
    for job, finished in run_all(jobs, processes):
        kind, _, seed = job.folder.name.rpartition("-")
        record = job.folder / "case.json"
        case = Case.load(record) if record.is_file() else Case([])
        outcome, detail = judge(case, finished, job.work)
        verdict = Verdict(
            kind.replace("-", " "), int(seed), outcome, detail, case.what, tuple(case.command), finished.processor
        )
        if kept and outcome in BAD:
            keep(job.folder, kept)
        shutil.rmtree(job.folder, ignore_errors=True)
        yield verdict
