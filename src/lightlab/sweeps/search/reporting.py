"""A run's side of a search: it tells its study how it goes, and asks whether it should go on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class ReportingTrial:
    """One trial of a study, in whatever process it runs.

    Args:
        sweeper: the options of the search, as Hydra's config has them: storage, study_name, trial, pruner.

    Raises:
        UsageError: the storage cannot be read.
    """

    def __init__(self, sweeper: Mapping[str, Any]) -> None:
        import optuna
        from hydra.utils import instantiate

        from lightlab.errors import UsageError
        from lightlab.sweeps.search.storage import connect, spoken, storage_errors

        self._guarded = lambda: storage_errors(sweeper["storage"])
        url, name, number = sweeper["storage"], sweeper["study_name"], sweeper["trial"]
        storage = connect(url)
        with self._guarded():
            try:
                study = optuna.load_study(study_name=name, storage=storage, pruner=instantiate(sweeper["pruner"]))
                trial = storage.get_trial_id_from_study_id_trial_number(storage.get_study_id_from_name(name), number)
            except KeyError:
                raise UsageError(f"{spoken(url)}: holds no study {name}, trial {number}") from None
            self._trial = optuna.trial.Trial(study, trial)

    def report(self, value: float, epoch: int) -> bool:
        """Tells the value that an epoch (from 1) has reached; whether the run should stop."""
        with self._guarded():
            self._trial.report(value, epoch)
            return self._trial.should_prune()


def reporting_trial(sweeper: Mapping[str, Any]) -> ReportingTrial | None:
    """The trial that Hydra's config says this run is; None of a run that is none."""
    return ReportingTrial(sweeper) if sweeper.get("trial") is not None else None
