"""Compares the runs of one task by the metric that the task monitors."""

import math
import warnings
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median_high, median_low
from typing import NamedTuple

from lightlab.report.grouping import Configuration, group, ranked, swept_keys
from lightlab.report.runs import Run
from lightlab.runs.overrides import defines_configuration


class Welch(NamedTuple):
    """Welch's t-test (1947): p, and the 95 % confidence interval of the difference of the means, first minus second."""

    p: float
    low: float
    high: float


def welch(first: Sequence[float], second: Sequence[float]) -> Welch | None:
    """Tests two samples; None if one has fewer than two values, or if neither varies."""
    if min(len(first), len(second)) < 2 or len(set(first)) == len(set(second)) == 1:
        return None
    from scipy.stats import ttest_ind  # takes half a second

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # for values that are nearly the same
        test = ttest_ind(first, second, equal_var=False)
        interval = test.confidence_interval(0.95)
    return Welch(float(test.pvalue), *map(float, interval)) if math.isfinite(test.pvalue) else None


@dataclass
class Comparison:
    """The runs of one task.

    Attributes:
        metric: the monitored metric, at each run's best epoch; never one of the test rows.
        keys: the settings that differ between runs, seeds left out.
        fixed: the overrides that all runs share.
        configurations: the best first, those without a score last.
        target: the score for which the ranking lists how long each took to reach it; None where no run has one.
    """

    task: str
    metric: str
    larger_is_better: bool
    runs: list[Run]
    keys: list[str]
    fixed: list[str]
    configurations: list[Configuration]
    target: float | None
    target_is_given: bool

    @property
    def scored(self) -> list[Configuration]:
        return [each for each in self.configurations if each.scores]

    @property
    def test(self) -> Welch | None:
        """Welch's test of the best two."""
        best = self.scored[:2]
        return welch(best[0].scores, best[1].scores) if len(best) == 2 else None

    def values(self, key: str) -> list[str]:
        """The values of a swept key, in the order of the runs."""
        places = {id(run): place for place, run in enumerate(self.runs)}
        in_order = sorted(self.configurations, key=lambda each: places[id(each.runs[0])])
        return list(dict.fromkeys(each.settings[key] for each in in_order))

    def reaches(self, value: float) -> bool:
        """Whether a value is as good as the target."""
        assert self.target is not None
        return value >= self.target if self.larger_is_better else value <= self.target


def compare(runs: Sequence[Run], target: float | None = None) -> list[Comparison]:
    """Returns one comparison per task, in the order of the runs.

    Args:
        target: a value of the monitored metric; by default the score of the median configuration.
    """
    tasks: dict[str, list[Run]] = {}
    for run in runs:
        tasks.setdefault(run.task, []).append(run)
    return [_compare(task, members, target) for task, members in tasks.items()]


def _compare(task: str, runs: list[Run], target: float | None) -> Comparison:
    done = [run for run in runs if run.outcome == "done"] or runs
    metric, larger_is_better = Counter((run.monitor, run.larger_is_better) for run in done).most_common(1)[0][0]
    keys = swept_keys(runs)
    configurations = ranked(group(runs, keys, metric), larger_is_better)
    shared = [each for each in runs[0].overrides if all(each in run.overrides for run in runs)]
    means = [each.mean for each in configurations if each.scores]
    median = (median_low if larger_is_better else median_high)(means) if means else None
    return Comparison(
        task=task,
        metric=metric,
        larger_is_better=larger_is_better,
        runs=runs,
        keys=keys,
        fixed=[override for override in shared if _describes_the_run(override, keys)],
        configurations=configurations,
        target=median if target is None else target,
        target_is_given=target is not None,
    )


def _describes_the_run(override: str, keys: list[str]) -> bool:
    key = override.lstrip("+").partition("=")[0]
    return key not in keys and key != "task" and defines_configuration(key)
