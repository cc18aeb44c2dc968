"""One experiment: fits a run, tests its best checkpoint, writes the results."""

import shlex
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from lightning.pytorch.strategies import FSDPStrategy
from lightning.pytorch.utilities.exceptions import MisconfigurationException

from lightlab.callbacks.checkpointing import SaveRandomStates
from lightlab.callbacks.pruning import Pruning, Trial
from lightlab.config.composition import Config
from lightlab.data.base import ResidentDataModule
from lightlab.errors import LightlabError, UsageError, one_line, printable
from lightlab.files import write_text
from lightlab.modules.supervised import SupervisedModule
from lightlab.runs.checkpoints import read_checkpoint
from lightlab.runs.contents import refused
from lightlab.runs.folder import begin, checkpoint_of
from lightlab.runs.loggers import opened
from lightlab.runs.media import how_to_watch
from lightlab.runs.ranks import followed_by
from lightlab.runs.records import write_yaml
from lightlab.runs.results import describe_environment, epoch_row, write_json
from lightlab.runs.summary import run_summary
from lightlab.training.building import Run, build
from lightlab.training.foreign_modules import FirstBatches, stages_of

_NO_METRICS = ("epoch", "step", "seconds")  # columns of metrics.csv


def train(
    config: Config,
    folder: Path,
    trial: Trial | None = None,
    begun: Callable[[], None] | None = None,
    typed: Sequence[str] = (),
    config_dir: str = "",
) -> dict[str, Any]:
    """Builds and fits one run, and prints what it is and what came out.

    Args:
        config: resolved to plain values; `lightlab.config.schema.check` has passed it.
        folder: of the run; see the README for what is written into it.
        trial: the search that the run belongs to, which may stop it.
        begun: called when the run is built, so that nothing refuses it any more, and before anything is written.
        typed: the user's own overrides.
        config_dir: the user's own config folder, for the commands that the end of the run suggests.

    Returns:
        What metrics.json holds: flat, ``accuracy/test`` and so on.
    """
    run = build(config, folder, trial=trial, typed=typed)
    with opened(dict(zip(config["logger"], run.trainer.loggers, strict=False)), folder):  # fast_dev_run has one dummy
        if begun is not None:
            begun()
        print(printable(_opening_line(run)), flush=True)
        for note in run.notes:
            print(printable(f"! {note}"), file=sys.stderr, flush=True)
        results = fit(run)
        views = [how_to_watch(logger) for logger in run.trainer.loggers]
    if not run.trainer.is_global_zero:
        return results
    if reason := _why_pruned(run):
        print(f"\n{reason}\n\nrun folder   {folder}", flush=True)
        return results
    messages = [message for callback in run.callbacks if (message := getattr(callback, "message", ""))]
    messages += [f"{name}: {view}" for name, view in zip(config["logger"], views, strict=False) if view]
    option = _example_option(run, config_dir)
    print(printable(run_summary(results, folder, option, _is_extendable(run), messages, config_dir)), flush=True)
    return results


def _is_extendable(run: Run) -> bool:
    if not isinstance(run.module, SupervisedModule):
        return True
    return run.module.schedule is not None and run.module.schedule.when_extended != "refuse"


def _example_option(run: Run, config_dir: str) -> str:
    """Returns the options of predict.py that suit the run: its data's, and whose classes may be built."""
    package = str(run.config["module"]["_target_"]).partition(".")[0]
    trusted = f"config_dir={shlex.quote(config_dir)}" if config_dir else f"allow=[{package}]"
    options = [trusted] if config_dir or package != "lightlab" else []
    return " ".join([*options, *filter(None, [getattr(run.data, "example_option", "")])])


def fit(run: Run) -> dict[str, Any]:
    """Trains, tests the best checkpoint once, and writes the results.

    A run that its search stops gets pruned.txt, no test and no metrics.json.

    Returns:
        What metrics.json holds.
    """
    if not run.trainer.is_global_zero:
        return _take_part(run)
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


def _take_part(run: Run) -> dict[str, Any]:
    """Trains and tests in a process other than the first, which writes what comes out."""
    if run.resumed is None or not run.resumed.trained:
        _fit(run)
    return _test(run)


def _fit(run: Run) -> None:
    """Trains.

    Raises:
        DataError: Lightning could not restore the checkpoint that training goes on from.
    """
    path = run.resumed.path if run.resumed else None
    try:
        with followed_by(run.folder):
            run.trainer.fit(run.module, datamodule=run.data, ckpt_path=path)
    except LightlabError:
        raise
    except Exception as error:
        first = (each.explain(error, run.module) for each in run.callbacks if isinstance(each, FirstBatches))
        if explained := next(filter(None, first), None):
            raise explained from error
        if isinstance(error, ModuleNotFoundError) or "learning rate finder" in str(error):
            raise UsageError(f"callbacks: {one_line(error)}") from error
        if isinstance(error, MisconfigurationException):
            raise UsageError(f"{type(run.module).__name__}: {one_line(error)}") from error
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
        "data": getattr(run.data, "origin", type(run.data).__name__),
        **getattr(run.data, "notes", {}),
        "seconds": last.get("seconds", seconds),  # those before a resume included
        "epochs": epochs,
        "steps": int(last.get("step", run.trainer.global_step)),
        "best_epoch": epoch or epochs,
        **{
            name: value
            for name, value in row.items()
            if name not in _NO_METRICS and not name.startswith("learning_rate")
        },
    }


def _test(run: Run) -> dict[str, float]:
    """Measures the best checkpoint on the test rows, which are used here and nowhere else."""
    best = run.trainer.strategy.broadcast(checkpoint_of(run.folder))
    shards_weights = isinstance(run.trainer.strategy, FSDPStrategy)
    if best is not None and not shards_weights:
        run.module.load_state_dict(read_checkpoint(best)["state_dict"])
    if "test" not in stages_of(run.data, run.module):
        return {}
    path = best if shards_weights else None
    metrics = run.trainer.test(run.module, datamodule=run.data, ckpt_path=path, verbose=False)  # one for each loader
    return {name: float(value) for of_loader in metrics for name, value in of_loader.items()}


def _why_pruned(run: Run) -> str:
    return "".join(callback.reason for callback in run.callbacks if isinstance(callback, Pruning))


def _opening_line(run: Run) -> str:
    size = run.trainer.world_size
    device = f"device {f'{size} x ' if size > 1 else ''}{run.accelerator.description}"
    if not isinstance(run.data, ResidentDataModule):
        parts = (f"{kind.__module__}.{kind.__qualname__}" for kind in (type(run.module), type(run.data)))
        return f"{' on '.join(parts)} · {device}"
    rows = ", ".join(f"{len(split):,} {name}" for name, split in run.data.splits.items())
    return f"data {run.data.spec.name} ({run.data.origin}): {rows} rows · {device}"
