"""The runs of one task, set against each other by the metric that the task monitors."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from statistics import median_high, median_low

from lightlab.report.configurations import Configuration, group, ranked, swept_keys
from lightlab.report.runs import Run
from lightlab.report.significance import Welch, welch
from lightlab.runs.overrides import makes_a_difference

_MOST_NAMED = 4  # commits, or devices
_SEVERAL = {
    "commit": "The runs come from more than one commit: {found}.",
    "device": "The runs come from more than one device: {found}.",
}


@dataclass
class Comparison:
    """Attributes:
    task: its name.
    metric: what all are judged by: the monitored metric at each run's best epoch, never one of the test rows.
    keys: what differs between the runs, seeds left out.
    fixed: the overrides that all of them share.
    configurations: the best first, those without a score last.
    score: how long each takes to reach it is told; None where nothing has one.
    remarks: what a reader should know before believing it: English templates, and the values for them.
    """

    task: str
    metric: str
    larger_is_better: bool
    runs: list[Run]
    keys: list[str]
    fixed: list[str]
    configurations: list[Configuration]
    score: float | None
    score_is_given: bool
    remarks: list[tuple[str, dict[str, object]]] = field(default_factory=list)

    @property
    def scored(self) -> list[Configuration]:
        return [each for each in self.configurations if each.scores]

    @property
    def test(self) -> Welch | None:
        """Of the best two."""
        best = self.scored[:2]
        return welch(best[0].scores, best[1].scores) if len(best) == 2 else None

    @property
    def seeds(self) -> list[str]:
        return list(dict.fromkeys(run.seed for run in self.runs if run.seed))

    def reaches(self, value: float) -> bool:
        """Whether a value is as good as the score."""
        assert self.score is not None
        return value >= self.score if self.larger_is_better else value <= self.score


def compare(runs: Sequence[Run], score: float | None = None) -> list[Comparison]:
    """One comparison a task, in the order in which the tasks come.

    Args:
        score: of the monitored metric; None takes what the median configuration reaches.
    """
    tasks: dict[str, list[Run]] = {}
    for run in runs:
        tasks.setdefault(run.task, []).append(run)
    return [_compare(task, found, score) for task, found in tasks.items()]


def _compare(task: str, runs: list[Run], score: float | None) -> Comparison:
    done = [run for run in runs if run.outcome == "done"] or runs
    metric, larger_is_better = Counter((run.monitor, run.larger_is_better) for run in done).most_common(1)[0][0]
    keys = swept_keys(runs)
    configurations = ranked(group(runs, keys, metric), larger_is_better)
    fixed = [each for each in runs[0].told if _is_fixed(each, keys) and all(each in run.told for run in runs)]
    means = [each.mean for each in configurations if each.scores]
    default = (median_low if larger_is_better else median_high)(means) if means else None
    comparison = Comparison(task, metric, larger_is_better, runs, keys, fixed, configurations, score, score is not None)
    comparison.score = default if score is None else score
    comparison.remarks += _remarks(comparison)
    return comparison


def _is_fixed(override: str, keys: list[str]) -> bool:
    key = override.lstrip("+").partition("=")[0]
    return key not in keys and key != "task" and makes_a_difference(key)


def _remarks(comparison: Comparison) -> Iterator[tuple[str, dict[str, object]]]:
    runs, metric = comparison.runs, comparison.metric
    done = [run for run in runs if run.outcome == "done"]
    judged = sum(len(each.judged) for each in comparison.configurations)
    lacking = sum(run.metric(metric) is None for run in done)
    if lacking:
        yield (
            "{n} of the runs ended without a finite {metric}: their cells are empty.",
            {"n": lacking, "metric": metric},
        )
    if len(done) - lacking > judged:
        repeated = len(done) - lacking - judged
        yield "{n} of the runs repeat the seed of a newer one, which is counted in their place.", {"n": repeated}
    if metric.endswith("/train"):
        yield (
            "{metric} is what this task monitors: how well training rows are fitted, not new ones.",
            {"metric": metric},
        )
    if any(run.fold for run in runs):
        yield (
            "Of folds, {metric} is measured on the rows held out. Folds share training rows: p is too small.",
            {"metric": metric},
        )
    for name in _SEVERAL:
        found = {run.environment[name] for run in done if isinstance(run.environment.get(name), str)}
        if len(found) > 1:
            more = ", …" if len(found) > _MOST_NAMED else ""
            yield _SEVERAL[name], {"found": ", ".join(sorted(found)[:_MOST_NAMED]) + more}
