"""One experiment: fits a run, tests its best checkpoint, writes the results."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from lightlab.callbacks.checkpointing import SaveRandomStates
from lightlab.callbacks.pruning import Pruning, Trial
from lightlab.config.composition import Config
from lightlab.errors import LightlabError, one_line, printable
from lightlab.files import write_text
from lightlab.runs.checkpoints import read_checkpoint
from lightlab.runs.contents import refused
from lightlab.runs.folder import begin, checkpoint_of
from lightlab.runs.loggers import opened
from lightlab.runs.media import how_to_watch
from lightlab.runs.records import write_yaml
from lightlab.runs.results import describe_environment, epoch_row, write_json
from lightlab.runs.summary import run_summary
from lightlab.training.building import Run, build


def train(
    config: Config, folder: Path, trial: Trial | None = None, begun: Callable[[], None] | None = None
) -> dict[str, Any]:
    """Builds and fits one run, and prints what it is and what came out.

    Args:
        config: resolved to plain values; `lightlab.config.schema.check` has passed it.
        folder: of the run; see the README for what is written into it.
        trial: the search that the run belongs to, which may stop it.
        begun: called when the run is built, so that nothing refuses it any more, and before anything is written.

    Returns:
        What metrics.json holds: flat, ``accuracy/test`` and so on.
    """
    run = build(config, folder, trial=trial)
    with opened(dict(zip(config["logger"], run.trainer.loggers, strict=False)), folder):  # fast_dev_run has one dummy
        if begun is not None:
            begun()
        print(printable(_opening_line(run)), flush=True)
        results = fit(run)
        views = [how_to_watch(logger) for logger in run.trainer.loggers]
    if reason := _why_pruned(run):
        print(f"\n{reason}\n\nrun folder   {folder}", flush=True)
        return results
    messages = [message for callback in run.callbacks if (message := getattr(callback, "message", ""))]
    messages += [f"{name}: {view}" for name, view in zip(config["logger"], views, strict=False) if view]
    schedule = run.module.schedule
    is_extendable = schedule is not None and schedule.when_extended != "refuse"
    print(printable(run_summary(results, folder, run.data.example_option, is_extendable, messages)), flush=True)
    return results


def fit(run: Run) -> dict[str, Any]:
    """Trains, tests the best checkpoint once, and writes the results.

    A run that its search stops gets pruned.txt, no test and no metrics.json.

    Returns:
        What metrics.json holds.
    """
    _write_records(run)
    started = time.perf_counter()
    if run.resumed is None or not run.resumed.trained:
        _fit(run)
    results = _training_results(run, time.perf_counter() - started)
    if reason := _why_pruned(run):
        write_text(run.folder / "pruned.txt", f"{reason}\n")
        return results
    results |= _test(run)
    for callback in run.callbacks:
        results |= getattr(callback, "results", {})
    write_json(run.folder / "metrics.json", results)
    return results


def _fit(run: Run) -> None:
    """Trains.

    Raises:
        DataError: Lightning could not restore the checkpoint that training goes on from.
    """
    path = run.resumed.path if run.resumed else None
    try:
        run.trainer.fit(run.module, datamodule=run.data, ckpt_path=path)
    except LightlabError:
        raise
    except Exception as error:
        states = next((callback for callback in run.callbacks if isinstance(callback, SaveRandomStates)), None)
        if path is None or states is None or states.are_restored:
            raise
        raise refused(path, f"it cannot be restored ({type(error).__name__}: {one_line(error, 160)})") from error


def _write_records(run: Run) -> None:
    write_yaml(run.folder / "config.yaml", run.config)
    write_json(begin(run.folder), describe_environment(run.accelerator.description, run.keeps_pages))


def _training_results(run: Run, seconds: float) -> dict[str, Any]:
    """Returns the metrics of the best epoch, or of the last one where no callback kept the epochs."""
    best = run.folder / "checkpoints" / "best.ckpt"
    epoch = read_checkpoint(best)["epoch"] + 1 if best.is_file() else None
    now = {name: float(value) for name, value in run.trainer.callback_metrics.items()}
    last = epoch_row(run.folder) or now
    row = epoch_row(run.folder, epoch) or now
    epochs = int(last.get("epoch", run.trainer.current_epoch))
    return {
        "name": run.config["name"],
        "data": run.data.origin,
        **run.data.notes,
        "seconds": last.get("seconds", seconds),  # those before a resume included
        "epochs": epochs,
        "steps": int(last.get("step", run.trainer.global_step)),
        "best_epoch": epoch or epochs,
        **{name: value for name, value in row.items() if "/" in name},
    }


def _test(run: Run) -> dict[str, float]:
    """Measures the best checkpoint on the test rows, which are used here and nowhere else."""
    best = checkpoint_of(run.folder)
    if best is not None:
        run.module.load_state_dict(read_checkpoint(best)["state_dict"])
    if "test" not in run.data.splits:
        return {}
    metrics = run.trainer.test(run.module, datamodule=run.data, verbose=False)
    return {name: float(value) for name, value in metrics[0].items()} if metrics else {}  # limit_test_batches=0


def _why_pruned(run: Run) -> str:
    return "".join(callback.reason for callback in run.callbacks if isinstance(callback, Pruning))


def _opening_line(run: Run) -> str:
    rows = ", ".join(f"{len(split):,} {name}" for name, split in run.data.splits.items())
    return f"data {run.data.spec.name} ({run.data.origin}): {rows} rows · device {run.accelerator.description}"
