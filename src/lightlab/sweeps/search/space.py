"""What a search varies and what it keeps, read from Hydra's overrides."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from hydra.core.config_loader import ConfigLoader
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import IntervalSweep, Override, RangeSweep
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.trial import Trial

from lightlab.errors import UsageError

Values = dict[str, Any]
_DIGITS = 4  # of a drawn number: more are noise, and make a run's command hard to read
_NOT_SEARCHED = ("task", "monitor", "name", "folds")  # runs that differ in these have no common measure


@dataclass(frozen=True)
class Space:
    """A search's overrides.

    Attributes:
        fixed: overrides of every trial.
        varied: what each trial draws, by key; choices are drawn as the text that Hydra is given.
    """

    fixed: list[str]
    varied: dict[str, BaseDistribution]

    def draw(self, trial: Trial) -> Values:
        """Draws the trial's values from its study's sampler."""
        return {
            key: self.checked(key, _suggested(trial, key, distribution)) for key, distribution in self.varied.items()
        }

    def checked(self, key: str, value: Any) -> Any:
        """Returns a value that a key may have: Optuna draws a queued trial's value as the study says, in range or not.

        Raises:
            UsageError: the key is not searched, or the value is outside its range.
        """
        distribution = self.varied.get(key)
        if distribution is None or not _contains(distribution, value):
            words = "not searched" if distribution is None else _in_words(distribution)
            raise UsageError(f"a trial has {key[:60]}={str(value)[:60]!r}, which is {words} here")
        return value

    def overrides(self, values: Values) -> list[str]:
        """Returns the overrides for drawn values."""
        return [f"{key}={_text(values[key], self.varied[key])}" for key in self.varied if key in values]

    def describe(self) -> dict[str, str]:
        """Returns each key's range in words."""
        return {key: _in_words(distribution) for key, distribution in self.varied.items()}


def read_space(arguments: Sequence[str], loader: ConfigLoader | None = None) -> Space:
    """Reads the search space of a command line.

    Args:
        arguments: overrides, except Hydra's own.
        loader: knows the choices that a ``glob(…)`` stands for.

    Raises:
        UsageError: nothing varies, or a range that cannot be drawn from.
    """
    fixed, varied = [], {}
    for override in OverridesParser.create(config_loader=loader).parse_overrides(list(arguments)):
        if override.is_sweep_override():
            varied[override.get_key_element()] = _distribution(override)
        else:
            fixed.append(override.input_line or "")
    if not varied:
        raise UsageError(
            "hydra/sweeper=optuna: nothing to search; give a key values to choose from, as optimizer=sgd,adam or "
            "optimizer.lr='tag(log,interval(1e-4,1))'"
        )
    return Space(fixed, varied)


def _distribution(override: Override) -> BaseDistribution:
    key, line, value = override.key_or_group, override.input_line, override.value()
    if key.partition(".")[0] in _NOT_SEARCHED:
        raise UsageError(
            f"{line}: runs that differ in {key} have no measure in common; sweep over it without hydra/sweeper=optuna"
        )
    if getattr(value, "shuffle", False):
        raise UsageError(f"{line}: a search draws in an order of its own; leave out shuffle")
    tags: set[str] = getattr(value, "tags", set())
    if tags - {"log"} or (tags and override.is_choice_sweep()):
        raise UsageError(f"{line}: the only tag is log, of an interval or a range of steps of 1")
    try:
        if isinstance(value, IntervalSweep):
            return _interval_distribution(value)
        if isinstance(value, RangeSweep):
            return _range_distribution(value)
        return CategoricalDistribution(list(dict.fromkeys(override.sweep_string_iterator())))
    except ValueError as error:
        raise UsageError(f"{line}: {str(error).replace('`', '')}") from None


def _interval_distribution(interval: IntervalSweep) -> BaseDistribution:
    low, high = interval.start, interval.end
    if low is None or high is None or not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise ValueError("an interval goes from a number to a larger one")
    log = "log" in interval.tags
    if isinstance(low, int) and isinstance(high, int):
        return IntDistribution(low, high, log=log)
    return FloatDistribution(low, high, log=log)


def _range_distribution(steps: RangeSweep) -> BaseDistribution:
    values = sorted(steps.range())
    if not values:
        raise ValueError("a range without any value")
    log, step = "log" in steps.tags, abs(steps.step)
    if all(isinstance(value, int) for value in values):
        return IntDistribution(int(values[0]), int(values[-1]), log=log, step=int(step))
    if log:
        raise ValueError("a logarithmic range of fractions; use tag(log,interval(low,high))")
    return FloatDistribution(values[0], values[-1], step=float(step))


def _suggested(trial: Trial, key: str, distribution: BaseDistribution) -> Any:
    if isinstance(distribution, CategoricalDistribution):
        return trial.suggest_categorical(key, distribution.choices)
    assert isinstance(distribution, (IntDistribution, FloatDistribution))
    suggest: Any = trial.suggest_int if isinstance(distribution, IntDistribution) else trial.suggest_float
    return suggest(key, distribution.low, distribution.high, step=distribution.step, log=distribution.log)


def _contains(distribution: BaseDistribution, value: Any) -> bool:
    if isinstance(distribution, CategoricalDistribution):
        return isinstance(value, str) and value in distribution.choices
    assert isinstance(distribution, IntDistribution | FloatDistribution)
    whole = isinstance(distribution, IntDistribution)
    is_number = isinstance(value, int if whole else int | float) and not isinstance(value, bool)
    if not is_number or not distribution.low <= value <= distribution.high:
        return False
    return not whole or (value - distribution.low) % (distribution.step or 1) == 0


def _text(value: Any, distribution: BaseDistribution) -> str:
    if not isinstance(distribution, FloatDistribution):
        return str(value)
    short = float(f"{value:.{12 if distribution.step else _DIGITS}g}")
    return repr(short if distribution.low <= short <= distribution.high else value)


def _in_words(distribution: BaseDistribution) -> str:
    if isinstance(distribution, CategoricalDistribution):
        return " or ".join(map(str, distribution.choices))
    assert isinstance(distribution, (IntDistribution, FloatDistribution))
    kind = "whole numbers " if isinstance(distribution, IntDistribution) else ""
    steps = f" in steps of {distribution.step:g}" if distribution.step not in (None, 1) else ""
    return f"{kind}{distribution.low:g} to {distribution.high:g}{steps}{' (log)' if distribution.log else ''}"
