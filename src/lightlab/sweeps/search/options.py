"""The options of a search, as conf/hydra/sweeper/optuna.yaml has them."""

import math
import os
from dataclasses import dataclass
from typing import Any

import optuna
from omegaconf import DictConfig, OmegaConf
from optuna.pruners import BasePruner
from optuna.samplers import BaseSampler, CmaEsSampler

from lightlab.config.instantiation import call, part
from lightlab.config.rules import Number, Rule, Text, Whole
from lightlab.errors import UsageError, did_you_mean, one_line, shortened
from lightlab.sweeps.checks import JOBS, MOST_RUNS
from lightlab.sweeps.search.space import Space
from lightlab.sweeps.search.storage import absolute

_RULES: dict[str, Rule] = {
    "n_trials": Whole(1, MOST_RUNS),
    "n_jobs": JOBS,
    "timeout": Number(0, open_low=True, also=(None,)),
    "seed": Whole(0, 2**32 - 1),
    "storage": Text(),
    "study_name": Text(at_most=200),
}
_KNOWN = [*_RULES, "sampler", "pruner"]
_SAMPLER, _PRUNER = "hydra.sweeper.sampler", "hydra.sweeper.pruner"


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
        """Makes a trial's sampler, seeded by its number: neither a restart nor another process draws it again."""
        seed = (self.seed * 1_000_003 + number) % 2**32
        return call({_SAMPLER: self.sampler_config}, _SAMPLER, varied=space.varied, seed=seed)

    def try_out(self, space: Space) -> None:
        """Draws one trial to validate the sampler and the ranges.

        Raises:
            UsageError: an option that the sampler does not take, or a range that it cannot draw from.
        """
        sampler = self.sampler(space, 0)
        if not isinstance(sampler, BaseSampler) or isinstance(sampler, CmaEsSampler):
            raise UsageError(
                f"{_SAMPLER}: must be a sampler of Optuna's, except CmaEsSampler, which keeps pickles in the study"
            )
        try:
            space.draw(optuna.create_study(sampler=sampler).ask())
        except (TypeError, ValueError) as error:
            raise UsageError(f"{_SAMPLER}: {one_line(error)}") from error

    def limit(self, space: Space) -> int:
        """Returns the number of trials: for a grid no more than it has points."""
        return min(self.n_trials, getattr(self.sampler(space, 0), "size", self.n_trials))


def read_options(config: DictConfig) -> Options:
    """Reads and checks the options in Hydra's config.

    Raises:
        UsageError: an option out of range, or the task's ``folds``, which leave no validation rows.
    """
    options = OmegaConf.to_container(config.hydra.sweeper, resolve=True)
    assert isinstance(options, dict)
    unknown = next((key for key in map(str, options) if key not in _KNOWN and not key.startswith("_")), None)
    if unknown is not None:
        raise UsageError(f"hydra.sweeper.{unknown}: no such key; {did_you_mean(unknown, _KNOWN)}see optuna.yaml")
    for key, rule in _RULES.items():
        if not rule.takes(options[key]):
            raise UsageError(f"hydra.sweeper.{key}={shortened(options[key])}: {rule.refusal(options[key])}")
    for key in ("sampler", "pruner"):
        if not isinstance(options[key], dict) or "_target_" not in options[key]:
            raise UsageError(f"hydra.sweeper.{key}={options[key]}: choose one by hydra/sweeper/{key}=NAME")
        for name, value in options[key].items():
            if isinstance(value, float) and not math.isfinite(value):
                raise UsageError(f"hydra.sweeper.{key}.{name}={value}: must be finite")
    if config.folds:
        raise UsageError(f"folds={config.folds}: a search compares runs by validation rows; leave out folds")
    if not isinstance(part({_PRUNER: options["pruner"]}, _PRUNER), BasePruner):
        raise UsageError(f"{_PRUNER}: {options['pruner']['_target_']} is no pruner of Optuna's")
    return Options(
        jobs=options["n_jobs"] if options["n_jobs"] > 0 else os.cpu_count() or 1,
        timeout=options["timeout"] or math.inf,
        storage=absolute(options["storage"]),
        sampler_config=options["sampler"],
        **{key: options[key] for key in ("n_trials", "seed", "study_name")},
    )
