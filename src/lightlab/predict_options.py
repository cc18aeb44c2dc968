"""The options of predict.py; a dataclass, so that prediction works where conf/ is gone."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from lightlab.errors import UsageError, did_you_mean
from lightlab.runs import checkpoint_of, find_run

HELP = """Predicts with what a run has learnt.

usage: python predict.py run=last input=photo.png [OPTION=VALUE ...]

  run=last|FOLDER       the run: its best checkpoint is used
  checkpoint=FILE       or a checkpoint itself
  input=...             a photo, a folder of photos, an IDX file, a CSV, or numbers: input=[[4.0],[5.0]];
                        labels that it carries are scored
  output=FILE           write the whole table: .csv or .json
  threshold=0.5         of two classes: probabilities from here on are predicted as the second
  accelerator=auto      auto, cpu, gpu, mps
  batch_size=1000       rows at a time
  allow=[my_package]    build parts of that package too, if the checkpoint names them"""


@dataclass(frozen=True)
class PredictOptions:
    """See `HELP`; `input` is text, or what JSON made of it where it is no file."""

    input: Any
    run: str | None = None
    checkpoint: str | None = None
    output: str | None = None
    threshold: float | None = None
    accelerator: str = "auto"
    batch_size: int = 1000
    allow: list[str] = field(default_factory=list)


def find_checkpoint(options: PredictOptions) -> Path:
    """The checkpoint that `run` or `checkpoint` means.

    Raises:
        UsageError: there is no such run.
    """
    if options.checkpoint:
        return Path(options.checkpoint).expanduser()
    folder = find_run(options.run or "last")
    found = checkpoint_of(folder)
    assert found is not None
    return found


def parse_options(argv: Sequence[str]) -> PredictOptions:
    """Reads ``key=value`` arguments; everything behind the first ``=`` is the value, and needs no quoting.

    Raises:
        UsageError: an option that does not exist, or one too few or too many.
    """
    known = [each.name for each in fields(PredictOptions)]
    given: dict[str, Any] = {}
    for argument in argv:
        key, equals, value = argument.partition("=")
        if not equals or key not in known:
            raise UsageError(
                f"{argument}: no such option; {did_you_mean(key, known)}options: {', '.join(known)} (--help)"
            )
        if key in given:
            raise UsageError(f"{argument}: {key}= is given twice")
        given[key] = _value(key, value)
    if ("run" in given) == ("checkpoint" in given):
        raise UsageError("give either run= (a folder, or `last`) or checkpoint= (a file)")
    if "input" not in given:
        raise UsageError("input= is missing: a photo, a folder, a CSV, an IDX file, or numbers such as input=[[4.0]]")
    return PredictOptions(**given)


def _value(key: str, value: str) -> Any:
    if key == "batch_size":
        if not value.isdecimal() or int(value) < 1:
            raise UsageError(f"batch_size={value}: must be a whole number of at least 1")
        return int(value)
    if key == "threshold":
        return _threshold(value)
    if key == "allow":
        return [name.strip() for name in value.strip("[]").split(",") if name.strip()]
    if key == "accelerator" and value not in ("auto", "cpu", "gpu", "mps"):
        raise UsageError(f"accelerator={value}: must be one of auto, cpu, gpu, mps")
    if key == "output" and Path(value).suffix not in (".csv", ".json"):
        raise UsageError(f"output={value}: must end in .csv or .json")
    return _input(value) if key == "input" else value


def _threshold(value: str) -> float:
    with suppress(ValueError):
        if 0 < float(value) < 1:
            return float(value)
    raise UsageError(f"threshold={value}: must be a number above 0 and below 1")


def _input(value: str) -> Any:
    with suppress(OSError, RuntimeError, ValueError):  # too long for a name, or ~nobody
        if Path(value).expanduser().exists():
            return value
    try:
        numbers = json.loads(value)
    except (ValueError, RecursionError):
        return value
    return numbers if isinstance(numbers, (list, int, float)) and not isinstance(numbers, bool) else value
