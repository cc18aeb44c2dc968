"""A search: draws trials, has them run, reports them to the study, until there are enough."""

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

from lightlab.config.grammar import quote
from lightlab.errors import UsageError
from lightlab.files import write_text
from lightlab.runs.folder import set_aside, state
from lightlab.runs.lock import one_writer
from lightlab.runs.places import relative_to_cwd
from lightlab.sweeps.jobs import launched
from lightlab.sweeps.search.contents import place_of
from lightlab.sweeps.search.options import read_options
from lightlab.sweeps.search.outcome import Search, write_outcome
from lightlab.sweeps.search.space import read_space
from lightlab.sweeps.search.storage import storage_errors
from lightlab.sweeps.search.study import (
    Monitor,
    begin_trial,
    ended_trials,
    fail_trial,
    open_study,
    release_abandoned,
)


def search(config: DictConfig, launcher: Launcher, arguments: Sequence[str], loader: ConfigLoader) -> None:
    """Runs trials until the study has `n_trials`, and writes the outcome into the sweep's folder.

    Args:
        config: as Hydra composed it without what varies; ``hydra.sweeper`` holds the search's options.
        arguments: the command line's overrides, except Hydra's own.

    Raises:
        UsageError: options, ranges or a study that do not fit, before anything is started.
    """
    options, space = read_options(config), read_space(arguments, loader)
    options.try_out(space)
    monitor = Monitor(config.monitor.name, config.monitor.mode)
    folder = relative_to_cwd(Path(config.hydra.sweep.dir).absolute())
    with storage_errors(options.storage):
        study = open_study(options.storage, options.study_name, monitor, space)
        check_known(study, folder)
        folder.mkdir(parents=True, exist_ok=True)
        write_text(folder / "multirun.yaml", OmegaConf.to_yaml(config))
        trials = _Trials(study, space, options, monitor, folder, launcher, options.limit(space))
        trials.print_opening(release_abandoned(study))
        with _written(trials):
            trials.run()


def check_known(study: Study, folder: Path) -> None:
    """Refuses to overwrite runs that the study does not know."""
    runs = list(folder.glob("*/.hydra"))
    if runs and not study.trials:
        raise UsageError(
            f"{folder}: holds {len(runs)} runs that the study {study.study_name} does not know: is its file gone? name "
            "another hydra.sweep.dir"
        )


@contextmanager
def _written(search: Search) -> Iterator[None]:
    """Writes the outcome, even when the search is interrupted."""
    try:
        yield
    except BaseException:
        with suppress(Exception):  # the error that ended the search is the one to report
            write_outcome(search)
        raise
    write_outcome(search)


@dataclass(frozen=True)
class _Trials(Search):
    launcher: Launcher
    limit: int

    def run(self) -> None:
        """Runs trials until there are enough or the time is over; those that are interrupted are queued again."""
        started = time.monotonic()
        while time.monotonic() - started < self.options.timeout:
            running: dict[int, Trial] = {}
            try:
                jobs = {trial.number: self.space.overrides(self.space.draw(trial)) for trial in self._claimed(running)}
                if not jobs:
                    return
                self._run_together(running, jobs)
            finally:
                for number in running:
                    fail_trial(self.study, number, again=True)

    def _claimed(self, running: dict[int, Trial]) -> Iterator[Trial]:
        """Yields as many trials as run at a time; each is in `running` before it is drawn, so that it is not lost."""
        while len(running) < self.options.jobs:
            self.study.sampler = self.options.sampler(self.space, 0)
            trial = begin_trial(self.study, self.limit)
            if trial is None:
                return
            running[trial.number] = trial
            self.study.sampler = self.options.sampler(self.space, trial.number)
            yield trial

    def _run_together(self, running: dict[int, Trial], jobs: dict[int, list[str]]) -> None:
        batch = [[*self.space.fixed, *drawn, *self._hydra_overrides(running[number])] for number, drawn in jobs.items()]
        with launched(self.folder):
            results = self.launcher.launch(batch, initial_job_idx=min(jobs))
        for (number, drawn), result in zip(jobs.items(), results, strict=True):
            report_result(self.study, running[number], result)
            self._print_ended(number, drawn)

    def _hydra_overrides(self, trial: Trial) -> list[str]:
        """Returns a trial's Hydra overrides; they are not part of its recorded command.

        The job's environment tells it which trial it is: Hydra 1.4 refuses jobs that change `hydra.sweeper`.
        """
        subdir = place_of(self.study.get_trials(deepcopy=False)[trial.number])
        if state(self.folder / subdir) == "unfinished":
            with one_writer(self.folder / subdir):
                set_aside(self.folder / subdir)
        else:
            subdir = str(trial.number)
        environment = {"STORAGE": self.options.storage, "STUDY": self.options.study_name, "TRIAL": str(trial.number)}
        return [
            f"hydra.sweep.subdir={subdir}",
            *(f"+hydra.job.env_set.LIGHTLAB_{name}={quote(value)}" for name, value in environment.items()),
        ]

    def print_opening(self, repeated: int) -> None:
        ended = len(ended_trials(self.study))
        trials = f"{ended} of {self.limit} trials have ended" if ended else f"{self.limit} trials"
        goal = f"the goal is the {self.monitor.mode}imum of {self.monitor.name}"
        again = f"; tried again after an interruption: {repeated}" if repeated else ""
        print(f"search {self.study.study_name}: {trials}; {goal}{again}", flush=True)

    def _print_ended(self, number: int, drawn: list[str]) -> None:
        trials = {trial.number: trial for trial in ended_trials(self.study)}
        trial = trials[number]
        ended = {TrialState.PRUNED: "pruned", TrialState.FAIL: "failed"}.get(trial.state)
        result = ended or f"{self.monitor.name} {trial.value:.4g}"
        best = "none is complete yet"
        if any(trial.state == TrialState.COMPLETE for trial in trials.values()):
            best = f"best {self.study.best_value:.4g}, of trial {self.study.best_trial.number}"
        print(f"trial {number} · {result} · {' '.join(drawn)} · {best}", flush=True)


def report_result(study: Study, trial: Trial, job: JobReturn) -> None:
    """Reports a run to the study: complete, pruned, or failed, also if the metric is not finite."""
    assert job.hydra_cfg is not None
    folder = Path(job.hydra_cfg.hydra.runtime.output_dir)
    trial.set_user_attr("folder", str(relative_to_cwd(folder)))
    value = job.return_value if job.status == JobStatus.COMPLETED else None
    if state(folder) == "pruned":
        study.tell(trial, state=TrialState.PRUNED)
    elif value is None or not math.isfinite(value):
        path = folder / "error.txt"
        error = path.read_text(encoding="utf-8").strip() if path.is_file() else f"the metric is {value}"
        trial.set_user_attr("error", error)
        study.tell(trial, state=TrialState.FAIL)
    else:
        study.tell(trial, value)
