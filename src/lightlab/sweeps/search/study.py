"""A study: the trials that several processes, and several starts, make together."""

from __future__ import annotations

import os
import re
import socket
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import optuna
from optuna.study import Study, StudyDirection
from optuna.trial import FrozenTrial, Trial, TrialState

from lightlab.errors import UsageError
from lightlab.sweeps.search.space import Space
from lightlab.sweeps.search.storage import connect, spoken

_DIRECTIONS = {"min": StudyDirection.MINIMIZE, "max": StudyDirection.MAXIMIZE}
# Where data lies and what is shown says nothing of what was searched.
_FREE = ("data_dir", "cache_dir", "language", "logger", "accelerator", "keep_pages")


@dataclass(frozen=True)
class Monitor:
    """What is searched for: a metric, and whether it should be small (min) or large (max)."""

    name: str
    mode: str


def open_study(url: str, name: str, monitor: Monitor, space: Space) -> Study:
    """Loads the study, or makes it.

    Raises:
        UsageError: it was made for another search (says what differs).
    """
    storage = connect(url)
    direction = _DIRECTIONS[monitor.mode]
    study = optuna.create_study(storage=storage, study_name=name, direction=direction, load_if_exists=True)
    told = {
        "monitor": f"{monitor.name}, {monitor.mode}",
        "space": space.described(),
        "fixed": sorted(each for each in space.fixed if re.split(r"[.=]", each.lstrip("+~"))[0] not in _FREE),
    }
    whose = f"study {name} in {spoken(url)}"
    used = bool(study.get_trials(deepcopy=False)) or study.directions != [direction]
    saved = study.user_attrs.get("search")  # which another process may just have written, before its first trial
    if saved is None and used:
        raise UsageError(f"{whose} was not made by this search; name another hydra.sweeper.study_name")
    if saved is not None and (differing := _differences(saved, told)):
        raise UsageError(
            f"{whose} is of another search: {'; '.join(differing)}; name another hydra.sweeper.study_name, or repeat "
            "the command that made it"
        )
    study.set_user_attr("search", told)
    return study


def _differences(there: dict[str, Any], here: dict[str, Any]) -> list[str]:
    found = []
    if there["monitor"] != here["monitor"]:
        found.append(f"it watches {there['monitor']}, this one {here['monitor']}")
    for key in {**there["space"], **here["space"]}:
        then, now = (each["space"].get(key, "not searched") for each in (there, here))
        if then != now:
            found.append(f"{key} there is {then}, here {now}")
    for one, other, where in ((there, here, "there"), (here, there, "here")):
        only = [each for each in one["fixed"] if each not in other["fixed"]]
        found += [f"{' '.join(only)} only {where}"] if only else []
    return found


def claim(study: Study, limit: int) -> Trial | None:
    """Begins a trial, unless `limit` have been begun: by whatever process."""
    if len(_counted(study)) >= limit:
        return None
    trial = study.ask()
    trial.set_user_attr("process", _this_process())
    if sum(other.number < trial.number for other in _counted(study)) >= limit:  # another was quicker
        void(study, trial.number)
        return None
    return trial


def void(study: Study, number: int, again: bool = False) -> None:
    """Ends a trial that has not been tried; `again` puts its values before the others that are to be drawn."""
    trial = _trial(study, number)
    if trial.state.is_finished():
        return
    study._storage.set_trial_user_attr(trial._trial_id, "void", True)  # a study gives no other way to a trial's
    study.tell(number, state=TrialState.FAIL)
    if again and trial.params:
        study.enqueue_trial(trial.params, user_attrs={"place": place(trial)})


def place(trial: Trial | FrozenTrial) -> str:
    """The name of a trial's folder: its number, or that of the trial which it repeats."""
    return trial.user_attrs.get("place", str(trial.number))


def release_abandoned(study: Study) -> int:
    """Queues again the trials of processes of this machine that have died; how many there were."""
    running = study.get_trials(deepcopy=False, states=(TrialState.RUNNING,))
    dead = [trial.number for trial in running if _has_died(trial.user_attrs.get("process"))]
    for number in dead:
        void(study, number, again=True)
    return len(dead)


def tried(study: Study) -> list[FrozenTrial]:
    """The trials that have ended of themselves."""
    return [trial for trial in _counted(study) if trial.state.is_finished()]


def _counted(study: Study) -> list[FrozenTrial]:
    trials = study.get_trials(deepcopy=False)
    return [trial for trial in trials if trial.state != TrialState.WAITING and "void" not in trial.user_attrs]


def _trial(study: Study, number: int) -> FrozenTrial:
    return next(trial for trial in study.get_trials(deepcopy=False) if trial.number == number)


def _this_process() -> str:
    return f"{socket.gethostname()} {os.getpid()} {_began(os.getpid())}"


def _has_died(process: str | None) -> bool:
    host, number, began = (process or "? 0 ?").split(" ")
    if host != socket.gethostname():
        return False
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return began != _began(int(number))  # another process has been given its number since


def _began(process: int) -> str:
    """When a process began, in the kernel's clock ticks; nothing where it is not told."""
    with suppress(OSError, IndexError):
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[19]
    return "-"
