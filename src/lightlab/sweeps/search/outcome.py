"""What a search has found: best.yaml, figures, and the words at its end."""

from __future__ import annotations

import re
import shlex
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import yaml
from optuna.study import Study
from optuna.trial import FrozenTrial, TrialState

from lightlab.files import whole_file
from lightlab.sweeps.search.space import Space
from lightlab.sweeps.search.storage import spoken
from lightlab.sweeps.search.study import Monitor, tried

_SHORTENS = re.compile(r"trainer\.(max_epochs|max_steps|limit_train_batches|limit_val_batches)=")
_ENDED = {TrialState.COMPLETE: "complete", TrialState.PRUNED: "pruned", TrialState.FAIL: "failed"}


@dataclass(frozen=True)
class Outcome:
    """A search that has ended, or has been broken off."""

    study: Study
    space: Space
    monitor: Monitor
    url: str
    folder: Path


def write_outcome(outcome: Outcome) -> None:
    """best.yaml and figures/ in the sweep's folder, and the best trial in words; nothing where no trial has ended."""
    trials = tried(outcome.study)
    if not trials:
        return
    record = _record(outcome, trials)
    with whole_file(outcome.folder / "best.yaml") as unfinished:
        unfinished.write_text(yaml.safe_dump(record, sort_keys=False, allow_unicode=True), encoding="utf-8")
    from lightlab.sweeps.search.pictures import draw_search  # imports matplotlib

    draw_search(outcome.study, list(outcome.space.varied), outcome.monitor.name, outcome.folder / "figures")
    print(_words(outcome, record), flush=True)


def _record(outcome: Outcome, trials: list[FrozenTrial]) -> dict[str, Any]:
    record: dict[str, Any] = {
        "study": outcome.study.study_name,
        "storage": spoken(outcome.url),
        "monitor": asdict(outcome.monitor),
        "searched": outcome.space.described(),
        "trials": {name: sum(trial.state == state for trial in trials) for state, name in _ENDED.items()},
    }
    if not record["trials"]["complete"]:
        return record
    best = outcome.study.best_trial
    chosen = best.user_attrs["overrides"]
    whole = [each for each in outcome.space.fixed if not _SHORTENS.match(each.lstrip("+"))]
    return record | {
        "best": {
            "trial": best.number,
            "value": best.value,
            "folder": best.user_attrs["folder"],
            "overrides": chosen,
            "command": _command([*outcome.space.fixed, *chosen]),
            "whole": _command([*whole, *chosen]),
        }
    }


def _command(overrides: list[str]) -> str:
    return shlex.join(["python", "train.py", *overrides])


def _words(outcome: Outcome, record: dict[str, Any]) -> str:
    counts = ", ".join(f"{count} {name}" for name, count in record["trials"].items() if count)
    lines = ["", f"search {record['study']}: {sum(record['trials'].values())} trials, {counts}"]
    if best := record.get("best"):
        lines += [
            f"best         {outcome.monitor.name} {best['value']:.4g}, of trial {best['trial']} ({best['folder']}): "
            + " ".join(best["overrides"]),
            f"train it     {best['whole']}",
        ]
    return "\n".join([*lines, f"found        {outcome.folder / 'best.yaml'}, {outcome.folder / 'figures'}", ""])
