"""A search: draw trials, have them run, tell the study, until there are enough."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from hydra.core.config_loader import ConfigLoader
from hydra.core.utils import JobReturn, JobStatus
from hydra.plugins.launcher import Launcher
from omegaconf import DictConfig, OmegaConf
from optuna.study import Study
from optuna.trial import Trial, TrialState

from lightlab.config.composition import quote
from lightlab.errors import UsageError
from lightlab.runs.folder import begin_anew, shortened, state
from lightlab.sweeps.search.options import Options, read_options
from lightlab.sweeps.search.outcome import Outcome, write_outcome
from lightlab.sweeps.search.space import Space, read_space
from lightlab.sweeps.search.storage import storage_errors
from lightlab.sweeps.search.study import Monitor, claim, open_study, place, release_abandoned, tried, void


def search(config: DictConfig, launcher: Launcher, arguments: Sequence[str], loader: ConfigLoader) -> None:
    """Runs trials until the study has `n_trials`, and writes what was found into the sweep's folder.

    Args:
        config: as Hydra composed it without what varies; ``hydra.sweeper`` holds the search's options.
        arguments: the command line's overrides, but for Hydra's own.

    Raises:
        UsageError: options, ranges or a study that do not fit, before anything is started.
    """
    options, space = read_options(config), read_space(arguments, loader)
    options.try_out(space)
    limit = options.limit(space)
    monitor = Monitor(config.monitor.name, config.monitor.mode)
    folder = shortened(Path(config.hydra.sweep.dir).absolute())
    with storage_errors(options.storage):
        study = open_study(options.storage, options.study_name, monitor, space)
        _check_known(study, folder)
        folder.mkdir(parents=True, exist_ok=True)
        OmegaConf.save(config, folder / "multirun.yaml")
        again = release_abandoned(study)
        print(_opening_line(study, limit, monitor, again), flush=True)
        outcome = Outcome(study, space, monitor, options.storage, folder)
        with _written(outcome):
            _Trials(study, space, options, launcher, limit, folder).run(monitor.name)


def _check_known(study: Study, folder: Path) -> None:
    """Refuses to write over runs that the study does not know."""
    runs = list(folder.glob("*/.hydra"))
    if runs and not study.trials:
        raise UsageError(
            f"{folder}: holds {len(runs)} runs that the study {study.study_name} does not know: is its file gone? name "
            "another hydra.sweep.dir"
        )


@dataclass(frozen=True)
class _Trials:
    study: Study
    space: Space
    options: Options
    launcher: Launcher
    limit: int
    folder: Path

    def run(self, metric: str) -> None:
        """Until there are enough, or the time is over."""
        started = time.monotonic()
        while time.monotonic() - started < self.options.timeout:
            begun: dict[int, Trial] = {}
            try:
                jobs = {trial.number: self.space.chosen(self.space.draw(trial)) for trial in self._claimed(begun)}
                if not jobs:
                    return
                self._run_together(begun, jobs, metric)
            finally:
                for number in begun:
                    void(self.study, number, again=True)

    def _claimed(self, begun: dict[int, Trial]) -> Iterator[Trial]:
        """As many as run at a time; each is in `begun` before it is drawn, so that it is not forgotten."""
        while len(begun) < self.options.jobs:
            self.study.sampler = self.options.sampler(self.space, 0)
            trial = claim(self.study, self.limit)
            if trial is None:
                return
            begun[trial.number] = trial
            self.study.sampler = self.options.sampler(self.space, trial.number)
            yield trial

    def _run_together(self, begun: dict[int, Trial], jobs: dict[int, list[str]], metric: str) -> None:
        told = [[*self.space.fixed, *chosen, *self._told(begun[number])] for number, chosen in jobs.items()]
        ended = self.launcher.launch(told, initial_job_idx=min(jobs))
        for (number, chosen), job in zip(jobs.items(), ended, strict=True):
            begun[number].set_user_attr("overrides", chosen)
            tell(self.study, begun[number], job)
            print(_line(self.study, number, metric, chosen), flush=True)

    def _told(self, trial: Trial) -> list[str]:
        """Hydra keeps its own overrides out of a run's record, and so out of the command that repeats it."""
        subdir = place(trial)
        if state(self.folder / subdir) == "unfinished":
            begin_anew(self.folder / subdir)
        else:
            subdir = str(trial.number)
        return [
            f"hydra.sweep.subdir={subdir}",
            f"hydra.sweeper.trial={trial.number}",
            f"hydra.sweeper.storage={quote(self.options.storage)}",
            f"hydra.sweeper.study_name={quote(self.options.study_name)}",
        ]


def tell(study: Study, trial: Trial, job: JobReturn) -> None:
    """A run that failed, or whose metric is no number, is a failed trial; one that was stopped early is pruned."""
    assert job.hydra_cfg is not None
    folder = Path(job.hydra_cfg.hydra.runtime.output_dir)
    trial.set_user_attr("folder", str(shortened(folder)))
    value = job.return_value if job.status == JobStatus.COMPLETED else None
    if state(folder) == "pruned":
        study.tell(trial, state=TrialState.PRUNED)
    elif value is None or not math.isfinite(value):
        error = folder / "error.txt"
        told = error.read_text(encoding="utf-8").strip() if error.is_file() else f"the metric is {value}"
        trial.set_user_attr("error", told)
        study.tell(trial, state=TrialState.FAIL)
    else:
        study.tell(trial, value)


@contextmanager
def _written(outcome: Outcome) -> Iterator[None]:
    """What was found is written also when the search is broken off."""
    try:
        yield
    except BaseException:
        with suppress(Exception):  # what has ended the search is what counts
            write_outcome(outcome)
        raise
    write_outcome(outcome)


def _opening_line(study: Study, limit: int, monitor: Monitor, again: int) -> str:
    ended = len(tried(study))
    trials = f"{ended} of {limit} trials have ended" if ended else f"{limit} trials"
    words = f"search {study.study_name}: {trials}; wanted is the {monitor.mode}imum of {monitor.name}"
    return words + (f"; {again} that had been broken off are tried again" if again else "")


def _line(study: Study, number: int, metric: str, chosen: list[str]) -> str:
    trials = {trial.number: trial for trial in tried(study)}
    ended = {TrialState.PRUNED: "pruned", TrialState.FAIL: "failed"}.get(trials[number].state, "")
    complete = any(trial.state == TrialState.COMPLETE for trial in trials.values())
    best = f"best {study.best_value:.4g}, of trial {study.best_trial.number}" if complete else "none has ended well yet"
    return f"trial {number} · {ended or f'{metric} {trials[number].value:.4g}'} · {' '.join(chosen)} · {best}"
