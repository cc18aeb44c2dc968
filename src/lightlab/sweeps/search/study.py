"""A study: the trials that several processes, and several starts, make together."""

import os
import re
import socket
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import optuna
from optuna.study import Study, StudyDirection
from optuna.trial import FrozenTrial, Trial, TrialState

from lightlab.config.instantiation import part
from lightlab.errors import UsageError
from lightlab.sweeps.search.contents import check_search, check_trials, place_of, readable
from lightlab.sweeps.search.space import Space
from lightlab.sweeps.search.storage import connect, printable, storage_errors

_DIRECTIONS = {"min": StudyDirection.MINIMIZE, "max": StudyDirection.MAXIMIZE}
# Places and displays may differ between two starts of the same search.
_FREE = ("data_dir", "cache_dir", "language", "logger", "accelerator", "keep_pages")


@dataclass(frozen=True)
class Monitor:
    """The metric that is searched for, and whether it should be small (min) or large (max)."""

    name: str
    mode: str


def open_study(url: str, name: str, monitor: Monitor, space: Space) -> Study:
    """Loads the study, or makes it.

    Raises:
        UsageError: it was made for another search; the message says what differs.
    """
    title = f"study {name} in {printable(url)}"
    direction = _DIRECTIONS[monitor.mode]
    with readable(title):
        study = optuna.create_study(storage=connect(url), study_name=name, direction=direction, load_if_exists=True)
        directions = study.directions
        used = bool(study.get_trials(deepcopy=False)) or directions != [direction]
        saved = study.user_attrs.get("search")  # read last: another process may have written it before its first trial
    search = {
        "monitor": f"{monitor.name}, {monitor.mode}",
        "space": space.describe(),
        "fixed": sorted(line for line in space.fixed if re.split(r"[.=]", line.lstrip("+~"))[0] not in _FREE),
    }
    if saved is None and used:
        raise UsageError(f"{title} was not made by this search; name another hydra.sweeper.study_name")
    if saved is not None:
        check_search(saved, title)
    if saved is not None and (differences := _differences(saved, search)):
        raise UsageError(
            f"{title} is of another search: {'; '.join(differences)}; name another hydra.sweeper.study_name, or repeat "
            "the command that made it"
        )
    if directions != [direction]:
        raise UsageError(f"{title} is damaged: it does not hold the direction of its search, {monitor.mode}")
    check_trials(study, space, title)
    study.set_user_attr("search", search)
    return study


def _differences(saved: dict[str, Any], current: dict[str, Any]) -> list[str]:
    differences = []
    if saved["monitor"] != current["monitor"]:
        differences.append(f"it watches {saved['monitor']}, this one {current['monitor']}")
    for key in {**saved["space"], **current["space"]}:
        then, now = (search["space"].get(key, "not searched") for search in (saved, current))
        if then != now:
            differences.append(f"{key} there is {then}, here {now}")
    for first, second, where in ((saved, current, "there"), (current, saved, "here")):
        only = [override for override in first["fixed"] if override not in second["fixed"]]
        differences += [f"{' '.join(only)} only {where}"] if only else []
    return differences


def begin_trial(study: Study, limit: int) -> Trial | None:
    """Begins a trial, unless all processes together have begun `limit` of them."""
    if len(_counted(study)) >= limit:
        return None
    trial = study.ask()
    trial.set_user_attr("process", _this_process())
    if sum(other.number < trial.number for other in _counted(study)) >= limit:  # another process was quicker
        fail_trial(study, trial.number)
        return None
    return trial


def fail_trial(study: Study, number: int, again: bool = False) -> None:
    """Marks an unstarted trial as failed; with `again`, enqueues its parameters once more.

    Such a trial has no error; one that has ended is left as it is.
    """
    trial = study.get_trials(deepcopy=False)[number]
    if trial.state.is_finished():
        return
    study.tell(number, state=TrialState.FAIL)
    if again and trial.params:
        study.enqueue_trial(trial.params, user_attrs={"place": place_of(trial)})


def release_abandoned(study: Study) -> int:
    """Queues again the trials of processes of this machine that have died, and returns how many there were.

    Optuna's heartbeat notices a death only after its grace period: a search that is started again at once would end
    without those trials.
    """
    running = study.get_trials(deepcopy=False, states=(TrialState.RUNNING,))
    abandoned = [trial.number for trial in running if _has_died(trial.user_attrs.get("process"))]
    for number in abandoned:
        fail_trial(study, number, again=True)
    return len(abandoned)


def ended_trials(study: Study) -> list[FrozenTrial]:
    """Returns the trials that have ended by themselves."""
    return [trial for trial in _counted(study) if trial.state.is_finished()]


def _counted(study: Study) -> list[FrozenTrial]:
    """Returns the trials that are running or have ended by themselves."""
    return [
        trial
        for trial in study.get_trials(deepcopy=False)
        if trial.state != TrialState.WAITING and (trial.state != TrialState.FAIL or "error" in trial.user_attrs)
    ]


def _this_process() -> str:
    return f"{socket.gethostname()} {os.getpid()} {_start_time(os.getpid())}"


def _has_died(process: str | None) -> bool:
    host, number, start = (process or "? 0 ?").split(" ")
    if host != socket.gethostname():
        return False
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return start != _start_time(int(number))  # another process may have been given its number since


def _start_time(process: int) -> str:
    """Returns when a process began, in the kernel's clock ticks; a dash where the system does not say."""
    with suppress(OSError, IndexError):
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[19]
    return "-"


class ReportingTrial:
    """A trial as its run sees it, in whatever process: it takes the run's values and may stop it.

    Args:
        environment: LIGHTLAB_STORAGE, LIGHTLAB_STUDY and LIGHTLAB_TRIAL, which the search gives to each of its jobs.
        pruner: its config.

    Raises:
        UsageError: the storage cannot be read.
    """

    def __init__(self, environment: Mapping[str, str], pruner: Any) -> None:
        self._url, name = environment["LIGHTLAB_STORAGE"], environment["LIGHTLAB_STUDY"]
        number, storage = int(environment["LIGHTLAB_TRIAL"]), connect(self._url)
        with storage_errors(self._url):
            try:
                study = optuna.load_study(study_name=name, storage=storage, pruner=part({"pruner": pruner}, "pruner"))
                trial = storage.get_trial_id_from_study_id_trial_number(storage.get_study_id_from_name(name), number)
            except KeyError:
                raise UsageError(f"{printable(self._url)}: holds no study {name}, trial {number}") from None
            self._trial = Trial(study, trial)

    def report(self, value: float, epoch: int) -> bool:
        """Reports the value of an epoch (from 1) and returns whether the run should stop."""
        with storage_errors(self._url):
            self._trial.report(value, epoch)
            return self._trial.should_prune()
