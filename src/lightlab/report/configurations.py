"""Runs that are equal but for their seed, or their fold, as one configuration."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean, stdev
from typing import Any

from lightlab.report.runs import Run, Series
from lightlab.report.words import as_number, short
from lightlab.runs.overrides import makes_a_difference, same

FOUND_DATA = "data found"  # not an override: which data a run came upon, real or embedded


@dataclass
class Configuration:
    """Attributes:
    settings: what it was told of each swept key.
    label: the same, short.
    runs: all of them.
    judged: those that are done and have a finite value of the judged metric, one of each seed.
    scores: their values of it.
    """

    settings: dict[str, str]
    label: str
    runs: list[Run]
    judged: list[Run]
    scores: list[float]

    @property
    def mean(self) -> float:
        return fmean(self.scores) if self.scores else math.nan

    @property
    def deviation(self) -> float | None:
        """Over the seeds; None of a single one."""
        return stdev(self.scores) if len(self.scores) > 1 else None

    def values(self, name: str) -> list[float]:
        """A metric of the judged runs that have it."""
        return [value for run in self.judged if (value := run.metric(name)) is not None]

    def first_epochs(self, metric: str, reaches: Callable[[float], bool]) -> list[tuple[int, float | None]]:
        """The first epoch in which each judged run that gets there has reached a score, and its seconds."""
        return [found for run in self.judged if (found := _first(run, metric, reaches))]

    def mean_curve(self, name: str) -> tuple[Series, Series]:
        """Mean and standard deviation over the judged runs, at each epoch that at least half of them have."""
        curves = [run.curve(name) for run in self.judged]
        at: dict[int, list[float]] = {}
        for curve in curves:
            for epoch, value in curve.items():
                at.setdefault(epoch, []).append(value)
        enough = {epoch: at[epoch] for epoch in sorted(at) if 2 * len(at[epoch]) >= len(curves)}
        spread = {epoch: stdev(found) for epoch, found in enough.items() if len(found) > 1}
        return {epoch: fmean(found) for epoch, found in enough.items()}, spread


def swept_keys(runs: Sequence[Run]) -> list[str]:
    """What was not the same in all of them, in the order in which it was typed."""
    typed = dict.fromkeys(key for run in runs for key in run.overrides if makes_a_difference(key))
    keys = [key for key in typed if len({same(setting(run, key)) for run in runs}) > 1]
    found = {run.metrics["data"] for run in runs if isinstance(run.metrics.get("data"), str)}
    return [*keys, *([FOUND_DATA] if len(found) > 1 and "data.source" not in keys else [])]


def setting(run: Run, key: str) -> str:
    """What a key was in a run: as told; else as its config group or its config says."""
    if key == FOUND_DATA:
        return str(run.metrics.get("data", "?"))
    if key in run.overrides:
        return run.overrides[key] if not key.startswith("~") else "left out"
    if key.startswith("~"):
        return "kept"
    choice = run.choices.get(key)
    return _plain(choice if choice is not None else run.at(key))


def group(runs: Sequence[Run], keys: Sequence[str], metric: str) -> list[Configuration]:
    """The configurations, in the order of their first runs."""
    groups: dict[tuple[str, ...], list[Run]] = {}
    for run in runs:
        groups.setdefault(tuple(same(setting(run, key)) for key in keys), []).append(run)
    return [_configuration(found, keys, metric) for found in groups.values()]


def ranked(configurations: Iterable[Configuration], larger_is_better: bool) -> list[Configuration]:
    """The best first; those without a score last."""
    sign = -1 if larger_is_better else 1
    return sorted(configurations, key=lambda each: (not each.scores, sign * each.mean if each.scores else 0))


def _configuration(runs: list[Run], keys: Sequence[str], metric: str) -> Configuration:
    settings = {key: setting(runs[0], key) for key in keys}
    done = [run for run in runs if run.outcome == "done" and run.metric(metric) is not None]
    newest = {(run.seed, run.fold): run for run in done}  # the same seed again is no further evidence
    judged = list(newest.values())
    return Configuration(
        settings, _label(settings), runs, judged, [value for run in judged if (value := run.metric(metric)) is not None]
    )


def _label(settings: dict[str, str]) -> str:
    """``adam``; with several keys ``adam, lr=0.1``."""
    last = [key.rpartition(".")[2] for key in settings]
    parts = []
    for key, value in settings.items():
        name = key.rpartition(".")[2]
        is_group = "." not in key and as_number(value) is None and key != FOUND_DATA
        name = key if last.count(name) > 1 else name
        shown = short(value)
        parts.append(shown if is_group or (len(settings) == 1 and as_number(value) is None) else f"{name}={shown}")
    return ", ".join(parts)


def _plain(value: Any) -> str:
    """As one would type it."""
    if value is None:
        return "null"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def _first(run: Run, metric: str, reaches: Callable[[float], bool]) -> tuple[int, float | None] | None:
    epoch = next((epoch for epoch, value in sorted(run.curve(metric).items()) if reaches(value)), None)
    return None if epoch is None else (epoch, run.curve("seconds").get(epoch))
