"""Samplers, which draw a search's next trial: made from the search's ranges and a seed for that trial."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.samplers import BaseSampler, GridSampler, RandomSampler, TPESampler
from optuna.study import Study
from optuna.trial import FrozenTrial, TrialState

from lightlab.errors import UsageError
from lightlab.sweeps.checks import MOST_RUNS

Varied = Mapping[str, BaseDistribution]


def tpe(varied: Varied, seed: int, **options: Any) -> BaseSampler:
    """Draws with tree-structured Parzen estimators (Bergstra et al. 2011)."""
    return TPESampler(seed=seed, **options)


def random(varied: Varied, seed: int) -> BaseSampler:
    """Draws every trial by itself."""
    return RandomSampler(seed=seed)


class Grid(GridSampler):
    """Every combination once; `size` is their number."""

    def __init__(self, points: Mapping[str, list[Any]]) -> None:
        super().__init__(points, seed=0)  # the same order in every process
        self.size = math.prod(map(len, points.values()))

    def after_trial(self, study: Study, trial: FrozenTrial, state: TrialState, values: Sequence[float] | None) -> None:
        """Does nothing: Optuna's own would end its loop at the last point, and we are in none."""


def grid(varied: Varied, seed: int) -> BaseSampler:
    """Draws every combination.

    Raises:
        UsageError: an interval without steps, or too many combinations.
    """
    size = math.prod(_count(key, distribution) for key, distribution in varied.items())
    if size > MOST_RUNS:
        raise UsageError(f"hydra/sweeper/sampler=grid: {size:.10g} combinations; a sweep has at most {MOST_RUNS} runs")
    return Grid({key: _points(distribution) for key, distribution in varied.items()})


def _count(key: str, distribution: BaseDistribution) -> int:
    if isinstance(distribution, CategoricalDistribution):
        return len(distribution.choices)
    assert isinstance(distribution, IntDistribution | FloatDistribution)
    if distribution.step is None:
        raise UsageError(f"{key}: a grid needs steps; list the values, or use range(start,stop,step)")
    return round((distribution.high - distribution.low) / distribution.step) + 1


def _points(distribution: BaseDistribution) -> list[Any]:
    if isinstance(distribution, CategoricalDistribution):
        return list(distribution.choices)
    if isinstance(distribution, IntDistribution):
        return list(range(distribution.low, distribution.high + 1, distribution.step))
    assert isinstance(distribution, FloatDistribution) and distribution.step is not None
    count = round((distribution.high - distribution.low) / distribution.step)
    return [float(f"{distribution.low + index * distribution.step:.12g}") for index in range(count + 1)]
