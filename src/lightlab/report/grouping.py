"""Groups runs into configurations: runs that differ in nothing but their seed or their fold."""

import json
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean, stdev

from lightlab.report.formatting import as_number, short
from lightlab.report.runs import Run
from lightlab.runs.overrides import canonical, defines_configuration
from lightlab.runs.results import Series

DATA_USED = "data used"  # a key like an override: whether a run used real or embedded data


@dataclass
class Configuration:
    """Runs with the same settings.

    Attributes:
        settings: the value of each swept key.
        label: the settings in short.
        runs: all of them.
        counted: the finished runs with a finite value of the metric, one per seed.
        scores: their values of the metric.
    """

    settings: dict[str, str]
    label: str
    runs: list[Run]
    counted: list[Run]
    scores: list[float]

    @property
    def mean(self) -> float:
        return fmean(self.scores) if self.scores else math.nan

    @property
    def deviation(self) -> float | None:
        """Standard deviation over the seeds; None for a single one."""
        return stdev(self.scores) if len(self.scores) > 1 else None

    def values(self, name: str) -> list[float]:
        """The values of any metric in the counted runs that have it."""
        return [value for run in self.counted if (value := run.metric(name)) is not None]

    def first_epochs(self, metric: str, reaches: Callable[[float], bool]) -> list[tuple[int, float | None]]:
        """The first epoch, and its time in seconds, at which each counted run reaches a score; others are left out."""
        first_reached = []
        for run in self.counted:
            epoch = next((epoch for epoch, value in sorted(run.epochs.finite(metric).items()) if reaches(value)), None)
            if epoch is not None:
                first_reached.append((epoch, run.epochs.finite("seconds").get(epoch)))
        return first_reached

    def mean_curve(self, name: str) -> tuple[Series, Series]:
        """Mean and standard deviation over the counted runs, at each epoch that at least half of them have."""
        curves = [run.epochs.finite(name) for run in self.counted]
        by_epoch: dict[int, list[float]] = {}
        for curve in curves:
            for epoch, value in curve.items():
                by_epoch.setdefault(epoch, []).append(value)
        enough = {epoch: by_epoch[epoch] for epoch in sorted(by_epoch) if 2 * len(by_epoch[epoch]) >= len(curves)}
        deviations = {epoch: stdev(values) for epoch, values in enough.items() if len(values) > 1}
        return {epoch: fmean(values) for epoch, values in enough.items()}, deviations


def swept_keys(runs: Sequence[Run]) -> list[str]:
    """The keys whose values differ between runs, in the order in which they were typed."""
    typed = dict.fromkeys(key for run in runs for key in run.override_values if defines_configuration(key))
    keys = [key for key in typed if len({canonical(setting(run, key)) for run in runs}) > 1]
    data = {run.metrics["data"] for run in runs if isinstance(run.metrics.get("data"), str)}
    return [*keys, *([DATA_USED] if len(data) > 1 and "data.source" not in keys else [])]


def setting(run: Run, key: str) -> str:
    """The value of a key in a run: its override, else its config group's choice, else the config's value."""
    if key == DATA_USED:
        return str(run.metrics.get("data", "?"))
    if key in run.override_values:
        return run.override_values[key] if not key.startswith("~") else "left out"
    if key.startswith("~"):
        return "kept"
    value = run.setting(key)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def group(runs: Sequence[Run], keys: Sequence[str], metric: str) -> list[Configuration]:
    """Returns the configurations in the order of their first runs."""
    groups: dict[tuple[str, ...], list[Run]] = {}
    for run in runs:
        groups.setdefault(tuple(canonical(setting(run, key)) for key in keys), []).append(run)
    return [_configuration(members, keys, metric) for members in groups.values()]


def ranked(configurations: Iterable[Configuration], larger_is_better: bool) -> list[Configuration]:
    """Sorts the best first and those without a score last."""
    sign = -1 if larger_is_better else 1
    return sorted(configurations, key=lambda each: (not each.scores, sign * each.mean if each.scores else 0))


def _configuration(runs: list[Run], keys: Sequence[str], metric: str) -> Configuration:
    settings = {key: setting(runs[0], key) for key in keys}
    done = [run for run in runs if run.outcome == "done" and run.metric(metric) is not None]
    counted = list({(run.seed, run.fold): run for run in done}.values())  # a repeated seed adds no evidence
    scores = [value for run in counted if (value := run.metric(metric)) is not None]
    return Configuration(settings, _label(settings), runs, counted, scores)


def _label(settings: dict[str, str]) -> str:
    """``adam``; with several keys ``adam, lr=0.1``."""
    last_parts = [key.rpartition(".")[2] for key in settings]
    texts = []
    for (key, value), name in zip(settings.items(), last_parts, strict=True):
        name = key if last_parts.count(name) > 1 else name
        is_text = as_number(value) is None
        is_group = is_text and "." not in key and key != DATA_USED
        texts.append(short(value) if is_group or (is_text and len(settings) == 1) else f"{name}={short(value)}")
    return ", ".join(texts)
