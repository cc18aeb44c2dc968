"""One experiment: build, fit, test, write the results."""

from __future__ import annotations

import logging
import time
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import yaml
from lightning.pytorch import Callback, Trainer, seed_everything
from lightning.pytorch.callbacks import Checkpoint, ProgressBar

from lightlab.callbacks.base import Display, callbacks_of
from lightlab.callbacks.checkpointing import Interruption, LastCheckpoint, RandomStates, Record
from lightlab.callbacks.evaluation import Evaluation
from lightlab.callbacks.logging import EpochEnd
from lightlab.callbacks.pictures import Pictures
from lightlab.callbacks.progress import FirstStep
from lightlab.callbacks.pruning import Pruning, Reports
from lightlab.config.composition import Config
from lightlab.config.instantiation import call, factory, part
from lightlab.data.base import ResidentDataModule
from lightlab.data.splits import Fold
from lightlab.errors import UsageError
from lightlab.files import whole_file
from lightlab.modules.supervised import SupervisedModule
from lightlab.optimization.schedulers import RunLength
from lightlab.runs.checkpoints import AtomicCheckpointIO, read_checkpoint
from lightlab.runs.folder import checkpoint_of
from lightlab.runs.results import describe_environment, epoch_row, run_summary, write_json
from lightlab.training.building import build_data, build_gradient, build_module, build_network, try_out
from lightlab.training.devices import Accelerator, keep_pages
from lightlab.training.weights import Resumable, checkpoint_to_resume, take_weights

# Of a fold there is nothing to look at, and nothing to go on with: the whole is quickly started again.
_LEFT_OUT = (Display, ProgressBar, LastCheckpoint, Interruption)


def train(config: Config, folder: Path, trial: Reports | None = None) -> dict[str, Any]:
    """Trains one task and tests the best checkpoint once.

    Args:
        config: resolved to plain values; `lightlab.config.schema.check` has passed it.
        folder: of the run; see the README for what is written into it.
        trial: of a search: told how the run goes, it may end it, which leaves pruned.txt and tests nothing.

    Returns:
        What metrics.json holds: flat, ``accuracy/test`` and so on.
    """
    run = _prepare(config, folder)
    if trial is not None:
        callbacks_of(run.trainer).append(Pruning(trial, config["monitor"]))
    print(_opening_line(run.data, run.accelerator), flush=True)
    results = _fit_and_test(run)
    if pruned := _why_pruned(run.trainer):
        print(f"\n{pruned}\n\nrun folder   {folder}", flush=True)
        return results
    evaluations = [each for each in callbacks_of(run.trainer) if isinstance(each, Evaluation)]
    words = [each.words for each in evaluations if each.words]
    print(run_summary(results, folder, run.data.example_option, _is_extendable(run.module), words), flush=True)
    return results


def train_fold(config: Config, folder: Path, fold: Fold) -> dict[str, Any]:
    """Trains on all but one fold of the rows and tests on that one, without pictures; else as `train`."""
    return _fit_and_test(_prepare(config, folder, fold))


@dataclass(frozen=True)
class _Run:
    config: Config
    data: ResidentDataModule
    module: SupervisedModule
    trainer: Trainer
    accelerator: Accelerator
    resumed: Resumable | None


def _prepare(config: Config, folder: Path, fold: Fold | None = None) -> _Run:
    """Builds everything; the folder's records are written only when nothing of it has been refused."""
    _quieten()
    kept_pages = config["keep_pages"] and keep_pages()
    accelerator: Accelerator = part(config, "accelerator")
    seed_everything(config["seed"], verbose=False)
    data = build_data(config)
    if fold is not None:
        _check_folds(data)
    data.fold = fold
    data.setup()
    module = _build_module(config, data, accelerator)
    checkpoint = checkpoint_to_resume(config, module)
    record = config | {"resume": None}  # which says how this process was started, not what the run is
    compiled = _compiles(config, accelerator, module.run_length.steps)
    trainer = _build_trainer(record, folder, accelerator, data, checkpoint, compiled)
    _check_monitor(config, module, data)
    _write_records(record, folder, accelerator, kept_pages)
    return _Run(config, data, module, trainer, accelerator, checkpoint)


def _fit_and_test(run: _Run) -> dict[str, Any]:
    started = time.perf_counter()
    if run.resumed is None or not run.resumed.trained:
        run.trainer.fit(run.module, datamodule=run.data, ckpt_path=run.resumed.path if run.resumed else None)
    results = _summary(run.config, run.data, run.trainer, time.perf_counter() - started)
    if pruned := _why_pruned(run.trainer):
        with whole_file(Path(run.trainer.default_root_dir) / "pruned.txt") as unfinished:
            unfinished.write_text(f"{pruned}\n", encoding="utf-8")
        return results
    results |= _test(run.trainer, run.module, run.data)
    for callback in callbacks_of(run.trainer):
        results |= getattr(callback, "results", {})
    write_json(Path(run.trainer.default_root_dir) / "metrics.json", results)
    return results


def _why_pruned(trainer: Trainer) -> str:
    return "".join(each.words for each in callbacks_of(trainer) if isinstance(each, Pruning))


def _check_folds(data: ResidentDataModule) -> None:
    if not data.can_fold:
        raise UsageError(f"folds: {type(data).__name__} data cannot be dealt into folds; set folds=null")


def _build_module(config: Config, data: ResidentDataModule, accelerator: Accelerator) -> SupervisedModule:
    network = build_network(config, data.spec)
    call(config, "initializer")(network)
    if accelerator.channels_last(network):
        network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    factories = {group: factory(config, group) for group in ("optimizer", "scheduler")}
    factories["gradient"] = build_gradient(config)
    length = RunLength.of(len(data.train_dataloader()), config["trainer"])
    monitor = config["monitor"]["name"]
    module = build_module(config, data.spec, network, **factories, run_length=length, monitor=monitor)
    module.example_input_array = data.example()
    try_out(config, network, module.example_input_array)
    if config["init_from"]:
        take_weights(module, config["init_from"])
    if _compiles(config, accelerator, length.steps):
        network.compile()
    return module


def _compiles(config: Config, accelerator: Accelerator, steps: int) -> bool:
    """What ``compile`` means for a run of so many steps.

    ``auto`` says no on a CPU: it saved nothing of a recurrent network's step and 4 % of LeNet's, 0.7 ms, for a first
    step of 5 to 23 s. On a CUDA GPU it says yes where a saving of 1 ms a step would pay for 20 s.
    """
    wanted = config["compile"]
    by_differences = "h" in config["gradient"]  # which evaluates the network itself
    pays = accelerator.device.type == "cuda" and steps >= 20_000 and not by_differences
    return pays if wanted == "auto" else wanted


def _build_trainer(
    config: Config,
    folder: Path,
    accelerator: Accelerator,
    data: ResidentDataModule,
    resumed: Resumable | None,
    compiled: bool,
) -> Trainer:
    shown = not data.fold
    configured = [each for each in part(config, "callbacks").values() if shown or not isinstance(each, _LEFT_OUT)]
    record = Record(config, data.spec.to_plain(), data.state_dict())
    pictures = Pictures(config.get("pictures", "auto"), config["monitor"])  # which a run of before does not say
    # Without these four a run would not be right.
    callbacks = [EpochEnd(), RandomStates(), pictures, *filter(None, configured), record]
    callbacks += [FirstStep()] if compiled else []
    purge_step = resumed.global_step if resumed else None
    loggers = [make(folder=folder, purge_step=purge_step) for make in part(config, "logger").values() if shown]
    for callback in callbacks:
        _leave_out_empty_hooks(callback)
    return Trainer(
        accelerator=accelerator.name,
        devices=1,
        default_root_dir=folder,
        callbacks=callbacks,
        logger=loggers or False,
        plugins=[AtomicCheckpointIO()],
        enable_checkpointing=any(isinstance(callback, Checkpoint) for callback in callbacks),
        enable_progress_bar=any(isinstance(callback, ProgressBar) for callback in callbacks),
        enable_model_summary=False,  # the summary is a callback like the others
        num_sanity_val_steps=0,
        **config["trainer"] | ({} if "val" in data.splits else {"limit_val_batches": 0}),
    )


def _leave_out_empty_hooks(callback: Callback) -> None:
    """Spares Lightning a profiler context for each hook of each callback at every step: it skips what is not callable.

    A small network's step is a fifth shorter without the hundred contexts of hooks that do nothing.
    """
    for name, hook in vars(Callback).items():
        if name.startswith("on_") and not name.endswith("_checkpoint") and getattr(type(callback), name) is hook:
            setattr(callback, name, None)


def _check_monitor(config: Config, module: SupervisedModule, data: ResidentDataModule) -> None:
    names = ["loss/train"]
    if "val" in data.splits:
        names += ["loss/val", *(f"{name}/val" for name in module.val_metrics)]
    if config["monitor"]["name"] not in names:
        raise UsageError(f"monitor.name={config['monitor']['name']}: this task measures {', '.join(names)}")


def _summary(config: Config, data: ResidentDataModule, trainer: Trainer, seconds: float) -> dict[str, Any]:
    """The metrics of the best epoch; of the last where no callback kept the epochs."""
    folder = Path(trainer.default_root_dir)
    best = folder / "checkpoints" / "best.ckpt"
    epoch = read_checkpoint(best)["epoch"] + 1 if best.is_file() else None
    now = {name: float(value) for name, value in trainer.callback_metrics.items()}
    last = epoch_row(folder) or now
    row = epoch_row(folder, epoch) or now
    return {
        "name": config["name"],
        "data": data.origin,
        **data.notes,
        "seconds": last.get("seconds", seconds),  # those before a resume included
        "epochs": int(last.get("epoch", trainer.current_epoch)),
        "steps": int(last.get("step", trainer.global_step)),
        "best_epoch": epoch or int(last.get("epoch", trainer.current_epoch)),
        **{name: value for name, value in row.items() if "/" in name},
    }


def _test(trainer: Trainer, module: SupervisedModule, data: ResidentDataModule) -> dict[str, float]:
    """The test rows are looked at here and nowhere else: by the best checkpoint, once."""
    best = checkpoint_of(Path(trainer.default_root_dir))
    if best is not None:
        module.load_state_dict(read_checkpoint(best)["state_dict"])
    if "test" not in data.splits:
        return {}
    tested = trainer.test(module, datamodule=data, verbose=False) or [{}]  # nothing under trainer.limit_test_batches=0
    return {name: float(value) for name, value in tested[0].items()}


def _is_extendable(module: SupervisedModule) -> bool:
    return module.schedule is not None and module.schedule.when_extended != "refuse"


def _write_records(config: Config, folder: Path, accelerator: Accelerator, kept_pages: bool) -> None:
    with whole_file(folder / "config.yaml") as unfinished:
        unfinished.write_text(yaml.safe_dump(config, sort_keys=False, allow_unicode=True), encoding="utf-8")
    starts = len(list(folder.glob("environment*.json")))  # a resumed run keeps what it was started on
    name = f"environment-resume-{starts}.json" if starts else "environment.json"
    write_json(folder / name, describe_environment(accelerator.description, kept_pages))


def _opening_line(data: ResidentDataModule, accelerator: Accelerator) -> str:
    rows = ", ".join(f"{len(split):,} {name}" for name, split in data.splits.items())
    return f"data {data.spec.name} ({data.origin}): {rows} rows · device {accelerator.description}"


def _quieten() -> None:
    """Lightning's tips and remarks that do not apply: the loader is resident, logging is our own."""
    for name in ("lightning.pytorch", "lightning.fabric"):
        logging.getLogger(name).setLevel(logging.WARNING)
    for remark in (
        ".*is smaller than the logging interval.*",
        ".*does not have many workers.*",
        ".*GPU available but not used.*",
        ".*is deprecated, use.*TreeSpec.*",
        "Checkpoint directory .* exists and is not empty.*",
    ):
        warnings.filterwarnings("ignore", remark)
