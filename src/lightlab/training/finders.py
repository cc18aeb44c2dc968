"""Suggests a learning rate (``find_lr=true``) or a batch size (``find_batch_size=true``), and trains nothing."""

import math
import shlex
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import pandas as pd

from lightlab.callbacks.finders import RateSweep, StepTimer
from lightlab.config.composition import Config
from lightlab.data.base import ResidentDataModule
from lightlab.errors import UsageError, memory_is_full, printable
from lightlab.files import whole_file
from lightlab.plots.curves import learning_rates_figure
from lightlab.plots.style import save
from lightlab.runs.summary import text_table
from lightlab.training.building import Run, build

LOWEST, HIGHEST, STEPS = 1e-6, 100.0, 160  # learning rates, and the steps from one to the other
LEAST_GAIN = 0.02  # of the loss, below which no rate is suggested
LARGEST_BATCH = 2**16
NEAR_BEST = 0.95  # of the highest speed
_TIMED = 12  # steps of a batch size


def find(config: Config, folder: Path, typed: Sequence[str]) -> dict[str, Any]:
    """Measures what the config asks for and prints a suggestion with the command that uses it.

    Args:
        config: resolved to plain values, with ``find_lr`` or ``find_batch_size``.
        folder: takes find_lr.csv and figures/find_lr.png, or find_batch_size.csv.
        typed: the overrides of the command line.
    """
    rest = [text for text in typed if not text.startswith(("find_lr=", "find_batch_size="))]
    lines, results = _find_lr(config, folder, rest) if config["find_lr"] else _find_batch_size(config, folder, rest)
    print(printable("\n".join(["", *lines, f"folder       {folder}"])), flush=True)
    return results


def _find_lr(config: Config, folder: Path, typed: list[str]) -> tuple[list[str], dict[str, Any]]:
    run = _probe(config, folder, STEPS, {"_target_": _name(RateSweep), "low": LOWEST, "high": HIGHEST, "steps": STEPS})
    sweep = next(callback for callback in run.callbacks if isinstance(callback, RateSweep))
    run.trainer.fit(run.module, datamodule=run.data)
    suggestion, own = suggested(sweep.rates, sweep.losses), run.trainer.optimizers[0].defaults.get("lr")
    _write(folder / "find_lr.csv", {"learning_rate": sweep.rates, "smoothed_loss": sweep.losses})
    save(learning_rates_figure(sweep.rates, sweep.losses, suggestion, own), folder / "figures" / "find_lr.png")
    tried = f"{len(sweep.rates)} steps from {LOWEST:g} to {sweep.rates[-1]:.3g}" if sweep.rates else "the first step"
    lines = [f"tried        {tried}" + ("" if len(sweep.rates) == STEPS else ", where the loss diverged")]
    if suggestion is None:
        advice = "check the data, the initializer and the loss"
        return [*lines, f"suggestion   none: the loss fell by less than {LEAST_GAIN:.0%} at every rate; {advice}"], {}
    lines += [
        f"suggestion   {suggestion:.2g}, where the loss falls fastest",
        f"config       {own:.3g}, {_compared(own, suggestion)}" if own else "config       has no learning rate",
        f"use it       {_command(typed, 'optimizer.lr', f'{suggestion:.2g}')}",
        f"curve        {folder / 'figures' / 'find_lr.png'}",
    ]
    return lines, {"find_lr/suggestion": suggestion}


def suggested(rates: Sequence[float], losses: Sequence[float]) -> float | None:
    """Returns the rate at which the loss falls fastest per decade before its minimum; None where it hardly falls."""
    if len(losses) < 3 or min(losses) > (1 - LEAST_GAIN) * losses[0]:
        return None
    lowest = losses.index(min(losses))
    slopes = [after - before for before, after in pairwise(losses[: lowest + 1])]  # the steps are even on this scale
    return rates[slopes.index(min(slopes)) + 1]


def _compared(own: float, suggestion: float) -> str:
    times = own / suggestion
    if 0.5 <= times <= 2:
        return "about the same"
    return f"{times:.1f} times as much" if times > 1 else f"{1 / times:.1f} times less"


def _find_batch_size(config: Config, folder: Path, typed: list[str]) -> tuple[list[str], dict[str, Any]]:
    if "batch_size" not in config["data"]:
        raise UsageError("find_batch_size=true: this task's data has no data.batch_size")
    rows, own = _speeds(config, folder), config["data"]["batch_size"]
    if not rows:
        raise UsageError("find_batch_size=true: not even one row fits into memory; choose a smaller network")
    _write(folder / "find_batch_size.csv", {key: [row[key] for row in rows] for key in rows[0]})
    best = max(row["rows_per_second"] for row in rows)
    size = next(row["batch_size"] for row in rows if row["rows_per_second"] >= NEAR_BEST * best)
    table = [["batch size", "ms a step", "rows a second", "steps an epoch"]]
    keys = ("batch_size", "milliseconds", "rows_per_second", "steps_per_epoch")
    table += [[f"{row[key]:,.4g}" if key == "milliseconds" else f"{row[key]:,.0f}" for key in keys] for row in rows]
    lines = [
        text_table(table, numbers=range(4)),
        "",
        f"suggestion   {size}, the smallest within {1 - NEAR_BEST:.0%} of the highest speed; the largest that fits is "
        f"{rows[-1]['batch_size']}",
        f"config       {own}; schedules are drawn for the steps of the batch size that is set",
        f"use it       {_command(typed, 'data.batch_size', str(size))} (its learning rate: add find_lr=true)",
    ]
    return lines, {"find_batch_size/suggestion": size}


def _speeds(config: Config, folder: Path) -> list[dict[str, float]]:
    """Times steps of 1, 2, 4, … rows, up to all training rows, or until the memory is full."""
    rows: list[dict[str, float]] = []
    size = 1
    while size <= LARGEST_BATCH:
        try:
            run = _probe(
                config | {"data": config["data"] | {"batch_size": size}}, folder, _TIMED, {"_target_": _name(StepTimer)}
            )
            if not isinstance(run.data, ResidentDataModule):
                raise UsageError("find_batch_size=true: times lightlab's own data modules only")
            timer = next(callback for callback in run.callbacks if isinstance(callback, StepTimer))
            run.trainer.fit(run.module, datamodule=run.data)
        except (RuntimeError, MemoryError) as error:
            if not memory_is_full(error):
                raise
            break
        seconds = min(timer.times)
        count = len(run.data.splits["train"])
        rows.append(
            {
                "batch_size": size,
                "milliseconds": 1000 * seconds,
                "rows_per_second": min(size, count) / seconds,
                "steps_per_epoch": math.ceil(count / size),
            }
        )
        if size >= count:
            break
        size *= 2
    return rows


def _probe(config: Config, folder: Path, steps: int, callback: dict[str, Any]) -> Run:
    """Builds a run of a few steps without validation, schedule, checkpoints or loggers."""
    constant = {"_target_": "lightlab.optimization.schedulers.constant", "_partial_": True}
    changes = {
        "callbacks": {"finder": callback},
        "logger": {},
        "scheduler": constant,
        "monitor": {"name": "loss/train", "mode": "min"},
        "compile": False,
        "trainer": config["trainer"] | {"max_steps": steps, "max_epochs": 10**6, "limit_val_batches": 0},
    }
    return build(config | changes, folder)


def _name(kind: type) -> str:
    return f"{kind.__module__}.{kind.__qualname__}"


def _command(typed: Sequence[str], key: str, value: str) -> str:
    kept = [text for text in typed if not text.startswith(f"{key}=")]
    return f"python train.py {shlex.join([*kept, f'{key}={value}'])}"


def _write(path: Path, columns: dict[str, list[float]]) -> None:
    with whole_file(path) as unfinished:
        pd.DataFrame(columns).to_csv(unfinished, index=False)
