"""The options of a search, as conf/hydra/sweeper/optuna.yaml has them."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass
from typing import Any

import optuna
from hydra.errors import InstantiationException
from hydra.utils import instantiate
from omegaconf import DictConfig, OmegaConf
from optuna.samplers import BaseSampler

from lightlab.config.rules import Number, Rule, Text, Whole
from lightlab.errors import UsageError, did_you_mean, one_line
from lightlab.sweeps.search.space import Space
from lightlab.sweeps.search.storage import absolute

_RULES: dict[str, Rule] = {
    "n_trials": Whole(1),
    "n_jobs": Whole(1, also=(-1,)),
    "timeout": Number(0, open_low=True, also=(None,)),
    "seed": Whole(0, 2**32 - 1),
    "storage": Text(),
    "study_name": Text(),
}
_KNOWN = [*_RULES, "sampler", "pruner", "trial"]


@dataclass(frozen=True)
class Options:
    """Checked options.

    Attributes:
        jobs: trials at a time.
        timeout: seconds after which no further trial is begun.
        storage: a database's address, the same from every folder.
    """

    n_trials: int
    jobs: int
    timeout: float
    seed: int
    storage: str
    study_name: str
    sampler_config: dict[str, Any]

    def sampler(self, space: Space, number: int) -> BaseSampler:
        """One for each trial, seeded by its number, so that neither a restart nor another process draws it again."""
        seed = (self.seed * 1_000_003 + number) % 2**32
        return instantiate(self.sampler_config)(varied=space.varied, seed=seed)

    def try_out(self, space: Space) -> None:
        """Draws once, for nothing.

        Raises:
            UsageError: an option that the sampler does not take, or a range that it cannot draw from.
        """
        try:
            space.draw(optuna.create_study(sampler=self.sampler(space, 0)).ask())
        except (InstantiationException, TypeError, ValueError) as error:
            raise UsageError(f"hydra.sweeper.sampler: {one_line(error.__cause__ or error)}") from error

    def limit(self, space: Space) -> int:
        """Trials in all: of a grid no more than it has points."""
        return min(self.n_trials, getattr(self.sampler(space, 0), "size", self.n_trials))


def read_options(config: DictConfig) -> Options:
    """The options of Hydra's config.

    Raises:
        UsageError: one that is out of range, or the task's ``folds``, which leave no validation rows.
    """
    options = OmegaConf.to_container(config.hydra.sweeper, resolve=True)
    assert isinstance(options, dict)
    for key in map(str, options):
        if key not in _KNOWN and not key.startswith("_"):
            raise UsageError(
                f"hydra.sweeper.{key}: no such key; {did_you_mean(key, _KNOWN)}known are {', '.join(_KNOWN)}"
            )
    for key, rule in _RULES.items():
        if not rule.takes(options[key]) and options[key] not in rule.also:
            also = "".join(f", or {'null' if other is None else other}" for other in rule.also)
            raise UsageError(f"hydra.sweeper.{key}={options[key]}: must be {rule}{also}")
    if config.folds:
        raise UsageError(f"folds={config.folds}: a search compares runs by validation rows; leave out folds")
    try:
        instantiate(options["pruner"])
    except InstantiationException as error:
        raise UsageError(f"hydra.sweeper.pruner: {one_line(error.__cause__ or error)}") from error
    return Options(
        n_trials=options["n_trials"],
        jobs=options["n_jobs"] if options["n_jobs"] > 0 else os.cpu_count() or 1,
        timeout=options["timeout"] or math.inf,
        seed=options["seed"],
        storage=absolute(options["storage"]),
        study_name=options["study_name"],
        sampler_config=options["sampler"],
    )
