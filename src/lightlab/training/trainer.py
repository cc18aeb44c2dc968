"""Builds Lightning's Trainer of a run, with its callbacks and loggers."""

import logging
import warnings
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from lightning.pytorch import Callback, LightningDataModule, LightningModule, Trainer
from lightning.pytorch.callbacks import (
    Checkpoint,
    EarlyStopping,
    ModelCheckpoint,
    ProgressBar,
)
from lightning.pytorch.loggers import Logger
from lightning.pytorch.profilers import PassThroughProfiler
from lightning.pytorch.utilities.exceptions import MisconfigurationException

from lightlab.callbacks.base import CallbackGroup, Display, suits
from lightlab.callbacks.checkpointing import LastCheckpoint, SaveConfig, SaveOnSignal, SaveRandomStates
from lightlab.callbacks.checks import CheckFiniteLoss
from lightlab.callbacks.evaluation import Evaluation
from lightlab.callbacks.logging import EndTrainEpoch, MetricsCsv
from lightlab.callbacks.monitoring import CheckMonitor, Validations
from lightlab.callbacks.progress import CompileTime, PlainProgress
from lightlab.callbacks.pruning import Pruning, Trial
from lightlab.config.composition import Config
from lightlab.data.base import ResidentDataModule
from lightlab.errors import UsageError, one_line, shortened
from lightlab.modules.supervised import SupervisedModule
from lightlab.runs.checkpoints import AtomicCheckpointIO
from lightlab.runs.loggers import Place, build_loggers
from lightlab.training.foreign_modules import (
    FirstBatches,
    spec_of,
    stages_of,
)
from lightlab.training.refusals import check_callbacks
from lightlab.training.weights import Resumable

# Folds draw no pictures and keep no checkpoint to resume from: rerunning one is quick.
_NOT_OF_FOLDS = (Display, ProgressBar, LastCheckpoint, SaveOnSignal)
_OF_FIRST_PROCESS = (Display, ProgressBar, MetricsCsv, CheckFiniteLoss)  # they print and write
_LIGHTNING_FINDS = (Checkpoint, EarlyStopping, ProgressBar)  # among the Trainer's callbacks, by their classes


@dataclass(frozen=True)
class GivenObjects:
    """What a caller in Python adds to the parts that the config names.

    Attributes:
        progress: whether progress is shown.
    """

    callbacks: Sequence[Callback] = ()
    loggers: Sequence[Logger] = ()
    progress: bool = True

    def __post_init__(self) -> None:
        for name, kind in (("callbacks", Callback), ("loggers", Logger)):
            wrong = [value for value in getattr(self, name) if not isinstance(value, kind)]
            if wrong:
                raise UsageError(
                    f"{name}: {shortened(wrong[0])} is a {type(wrong[0]).__name__}; pass a list of objects of "
                    f"{kind.__module__.partition('.')[0]}'s class {kind.__name__}"
                )


GIVEN: ContextVar[GivenObjects] = ContextVar("GIVEN", default=GivenObjects())  # noqa: B039  # it is frozen


def build_callbacks(
    config: Config, parts: SimpleNamespace, module: LightningModule, trial: Trial | None
) -> list[Callback]:
    """Builds the configured callbacks, those apart that need what the run does not have, and those of every run."""
    data, spec, monitor = parts.data, spec_of(parts.data), config["monitor"]["name"]
    is_resident, is_own = isinstance(data, ResidentDataModule), isinstance(module, SupervisedModule)
    is_fold = is_resident and data.fold is not None
    is_compiled = module.is_compiled if is_own else config["compile"] is True
    configured = [
        callback
        for callback in parts.callbacks.values()
        if callback and not (is_fold and isinstance(callback, _NOT_OF_FOLDS))
        if parts.processes.share.rank == 0 or not isinstance(callback, _OF_FIRST_PROCESS)
        if not (parts.processes.shards_weights and isinstance(callback, Evaluation))  # by the first process alone
    ]
    check_callbacks(parts.callbacks, config["trainer"])
    given = GIVEN.get()
    if is_fold and (given.callbacks or given.loggers):
        raise UsageError("folds: an object is of one run; name the callback or logger in the config, or set folds=null")
    if not given.progress:
        configured = [each for each in configured if not isinstance(each, (ProgressBar, PlainProgress))]
    configured += given.callbacks
    configured.sort(key=lambda callback: not isinstance(callback, MetricsCsv))  # before those that save
    callbacks = [
        EndTrainEpoch(),
        Validations(),
        SaveRandomStates(before_loading=not is_resident),
        *([FirstBatches()] if not (is_own and is_resident) else []),
        *([CheckMonitor(monitor)] if monitor and not is_own else []),
        *configured,
        SaveConfig(config, spec.to_plain() if spec else {}, data.state_dict() if is_resident else {}),
        *([CompileTime()] if is_compiled else []),
        *([Pruning(trial, config["monitor"])] if trial else []),
    ]
    return [callback for callback in callbacks if suits(callback, module, data)]


def build_trainer(
    config: Config,
    folder: Path,
    parts: SimpleNamespace,
    module: LightningModule,
    callbacks: list[Callback],
    resumed: Resumable | None,
) -> Trainer:
    grouped = [callback for callback in callbacks if _is_grouped(callback)]
    place = Place(folder, config["name"], resumed.global_step if resumed else None)
    loggers = [] if getattr(parts.data, "fold", None) else build_loggers(parts.logger, place)
    for callback in callbacks:
        if isinstance(callback, ModelCheckpoint) and callback.dirpath is None:  # else the first logger names its folder
            callback.dirpath = str(folder / "checkpoints")
    accelerator, options = parts.accelerator, _trainer_options(config["trainer"], parts.data, module)
    plugins = [AtomicCheckpointIO(), *parts.processes.layer_sync(config["trainer"], accelerator)]
    try:
        return Trainer(
            default_root_dir=folder,
            callbacks=[CallbackGroup(grouped), *(callback for callback in callbacks if callback not in grouped)],
            logger=[*loggers, *GIVEN.get().loggers] or False,
            plugins=plugins,
            enable_checkpointing=any(isinstance(callback, Checkpoint) for callback in callbacks),
            enable_progress_bar=any(isinstance(callback, ProgressBar) for callback in callbacks),
            enable_model_summary=False,  # the table of layers is a callback like the others
            **options | parts.processes.options(config["trainer"], accelerator),
        )
    except (MisconfigurationException, ValueError, TypeError, ImportError) as error:
        raise UsageError(f"trainer: {one_line(error)}") from error


def _trainer_options(trainer: Config, data: LightningDataModule, module: LightningModule) -> dict[str, Any]:
    """Returns the arguments of Lightning's Trainer that the config gives, adapted to the data and the module."""
    options = dict(trainer)
    if isinstance(data, ResidentDataModule) and (batches := options.pop("overfit_batches", 0)):
        # Lightning would put a DataLoader of its own in the place of the resident loader, which it only has to stop.
        options |= {"limit_train_batches": batches, "limit_val_batches": batches}
    if "val" not in stages_of(data, module):
        options["limit_val_batches"] = 0
    if options.get("num_sanity_val_steps") is None:
        options["num_sanity_val_steps"] = 0 if isinstance(module, SupervisedModule) else 2
    return options | {"profiler": options.get("profiler") or NoProfiler()}


def _is_grouped(callback: Callback) -> bool:
    """Whether a callback is one of lightlab's own and none of the kinds that Lightning looks for."""
    return type(callback).__module__.startswith("lightlab.") and not isinstance(callback, _LIGHTNING_FINDS)


class NoProfiler(PassThroughProfiler):
    """Measures nothing and avoids Lightning's per-hook generator."""

    _nothing: AbstractContextManager[Any] = nullcontext()

    def profile(self, action_name: str) -> AbstractContextManager[Any]:  # type: ignore[override]
        return self._nothing


def silence_lightning() -> None:
    """Suppresses tips and warnings that do not apply: the loader is resident, logging is lightlab's own."""
    for name in ("lightning.pytorch", "lightning.fabric"):
        logging.getLogger(name).setLevel(logging.WARNING)
    for message in (
        ".*is smaller than the logging interval.*",
        ".*does not have many workers.*",
        ".*GPU available but not used.*",
        ".*is deprecated, use.*TreeSpec.*",
        "`training_step` returned `None`.*",
        "Checkpoint directory .* exists and is not empty.*",
        ".*recommended to use `self.log.*sync_dist=True.*",  # losses and metrics are reduced by the module
    ):
        warnings.filterwarnings("ignore", message)
