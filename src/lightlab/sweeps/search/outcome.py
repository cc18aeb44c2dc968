"""Writes the outcome of a search: best.yaml, figures, and the summary at its end."""

import re
import shlex
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import yaml
from optuna.study import Study
from optuna.trial import FrozenTrial, TrialState

from lightlab.files import write_text
from lightlab.runs.overrides import program
from lightlab.sweeps.search.contents import place_of
from lightlab.sweeps.search.options import Options
from lightlab.sweeps.search.space import Space
from lightlab.sweeps.search.storage import printable
from lightlab.sweeps.search.study import Monitor, ended_trials

_SHORTENS = re.compile(r"trainer\.(max_epochs|max_steps|limit_train_batches|limit_val_batches)=")
_STATES = {TrialState.COMPLETE: "complete", TrialState.PRUNED: "pruned", TrialState.FAIL: "failed"}


@dataclass(frozen=True)
class Search:
    """A search and its sweep's folder."""

    study: Study
    space: Space
    options: Options
    monitor: Monitor
    folder: Path


def write_outcome(search: Search) -> None:
    """Writes best.yaml and figures/ into the sweep's folder and prints the best trial, once a trial has ended."""
    trials = ended_trials(search.study)
    if not trials:
        return
    record = _record(search, trials)
    write_text(search.folder / "best.yaml", yaml.safe_dump(record, sort_keys=False, allow_unicode=True))
    from lightlab.sweeps.search.pictures import draw_search  # imports matplotlib

    draw_search(search.study, list(search.space.varied), search.monitor.name, search.folder / "figures")
    print(_summary(search, record), flush=True)


def _record(search: Search, trials: list[FrozenTrial]) -> dict[str, Any]:
    record: dict[str, Any] = {
        "study": search.study.study_name,
        "storage": printable(search.options.storage),
        "monitor": asdict(search.monitor),
        "searched": search.space.describe(),
        "trials": {name: sum(trial.state == state for trial in trials) for state, name in _STATES.items()},
    }
    if not record["trials"]["complete"]:
        return record
    best = search.study.best_trial
    drawn = search.space.overrides(best.params)
    whole = [override for override in search.space.fixed if not _SHORTENS.match(override.lstrip("+"))]
    return record | {
        "best": {
            "trial": best.number,
            "value": best.value,
            "folder": best.user_attrs.get("folder", str(search.folder / place_of(best))),
            "overrides": drawn,
            "command": _command([*search.space.fixed, *drawn]),
            "whole": _command([*whole, *drawn]),
        }
    }


def _command(overrides: list[str]) -> str:
    return shlex.join([*program().split(), *overrides])


def _summary(search: Search, record: dict[str, Any]) -> str:
    counts = ", ".join(f"{count} {name}" for name, count in record["trials"].items() if count)
    lines = ["", f"search {record['study']}: {sum(record['trials'].values())} trials, {counts}"]
    if best := record.get("best"):
        value = f"{search.monitor.name} {best['value']:.4g}"
        lines += [
            f"best         {value}, of trial {best['trial']} ({best['folder']}): {' '.join(best['overrides'])}",
            f"train it     {best['whole']}",
        ]
    return "\n".join([*lines, f"written      {search.folder / 'best.yaml'}, {search.folder / 'figures'}", ""])
