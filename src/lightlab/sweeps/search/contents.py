"""Checks what a study's file says before anything of it is used: it may be damaged, or somebody else's."""

import math
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from optuna.study import Study
from optuna.trial import FrozenTrial, TrialState

from lightlab.errors import LightlabError, UsageError, one_line
from lightlab.sweeps.search.space import Space

_UNREADABLE = (LookupError, ValueError, TypeError, AttributeError, ArithmeticError, AssertionError, RecursionError)
_PICKLED = re.compile(r"(sep)?cma(wm)?:")  # what Optuna's CmaEsSampler would unpickle


@contextmanager
def readable(title: str) -> Iterator[None]:
    """Turns the errors of reading a study whose rows are damaged into one line."""
    try:
        yield
    except _UNREADABLE as error:
        raise UsageError(f"{title} is damaged: {type(error).__name__}: {one_line(error, 200)}") from error


def check_search(saved: Any, title: str) -> None:
    """Refuses a description of the search that is not as `open_study` writes it."""
    form = {"monitor": str, "space": dict, "fixed": list}
    known = isinstance(saved, dict) and all(isinstance(saved.get(key), kind) for key, kind in form.items())
    if not known or not all(isinstance(text, str) for text in [*saved["space"].values(), *saved["fixed"]]):
        raise UsageError(f"{title} is damaged: its description of the search is none")


def check_trials(study: Study, space: Space, title: str) -> None:
    """Refuses a study with a trial that a search of this space does not write.

    Raises:
        UsageError: numbers that are not consecutive; parameters outside the space; values that are no numbers; a place
            that is no earlier trial's; pickles.
    """
    with readable(title):
        for number, trial in enumerate(study.get_trials(deepcopy=False)):
            try:
                _check_numbers(trial, number)
                _check_parameters(trial, space)
                _check_attributes(trial)
            except LightlabError as error:
                raise UsageError(f"{title} cannot be gone on with: trial {number}: {error}") from None


def place_of(trial: FrozenTrial) -> str:
    """Returns the name of a trial's folder: its own number, or that of the earlier trial that it repeats.

    Raises:
        UsageError: the study names another place, which may be anywhere.
    """
    place = trial.user_attrs.get("place", str(trial.number))
    if not isinstance(place, str) or not re.fullmatch(r"0|[1-9][0-9]{0,8}", place) or int(place) > trial.number:
        raise UsageError(f"its place is {_short(place)}, which is the number of no earlier trial")
    return place


def _check_numbers(trial: FrozenTrial, number: int) -> None:
    values = trial.values or []
    if trial.number != number:
        raise UsageError(f"it is numbered {trial.number}")
    if trial.state == TrialState.COMPLETE and not (len(values) == 1 and _is_number(values[0])):
        raise UsageError(f"its value is {_short(trial.values)}, not a number")
    for step, value in trial.intermediate_values.items():
        if not isinstance(step, int) or step < 0 or not isinstance(value, int | float):
            raise UsageError(f"its value of epoch {_short(step)} is {_short(value)}")


def _check_parameters(trial: FrozenTrial, space: Space) -> None:
    queued = trial.system_attrs.get("fixed_params", {})
    if not isinstance(queued, dict):
        raise UsageError(f"its queued parameters are {_short(queued)}")
    for key, value in [*queued.items(), *trial.params.items()]:
        space.checked(key, value)
    if trial.state in (TrialState.COMPLETE, TrialState.PRUNED) and (
        missing := space.varied.keys() - trial.params.keys()
    ):
        raise UsageError(f"it has ended and lacks {', '.join(sorted(missing))}")
    for key, distribution in trial.distributions.items():
        if distribution != space.varied[key]:
            raise UsageError(f"{key} has another range there")


def _check_attributes(trial: FrozenTrial) -> None:
    place_of(trial)
    process, rules = trial.user_attrs.get("process", "? 0 ?"), trial.system_attrs
    if not isinstance(process, str) or not re.fullmatch(r"\S+ [0-9]{1,9} \S+", process):
        raise UsageError(f"its process is {_short(process)}")
    for key in ("folder", "error"):
        if not isinstance(trial.user_attrs.get(key, ""), str):
            raise UsageError(f"its {key} is {_short(trial.user_attrs[key])}")
    if any(_PICKLED.match(key) for key in rules):
        raise UsageError("it holds the pickled state of a sampler (CmaEsSampler), which is not loaded")
    if any(key.startswith("completed_rung_") and not _is_number(value, nan=True) for key, value in rules.items()):
        raise UsageError("its rungs, which decide what is pruned, are no numbers")


def _is_number(value: Any, nan: bool = False) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and (nan or math.isfinite(value))


def _short(value: object) -> str:
    return one_line(ValueError(repr(value)), 80)
