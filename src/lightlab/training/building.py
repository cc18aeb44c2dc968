"""Builds a run from its resolved config; prediction builds its parts here too."""

import logging
import warnings
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import torch
from lightning.pytorch import Callback, Trainer, seed_everything
from lightning.pytorch.callbacks import Checkpoint, EarlyStopping, GradientAccumulationScheduler, ProgressBar
from lightning.pytorch.profilers import PassThroughProfiler
from torch import Tensor, nn

from lightlab.callbacks.base import CallbackGroup, Display
from lightlab.callbacks.checkpointing import LastCheckpoint, SaveConfig, SaveOnSignal, SaveRandomStates
from lightlab.callbacks.logging import EndTrainEpoch, MetricsCsv
from lightlab.callbacks.progress import CompileTime
from lightlab.callbacks.pruning import Pruning, Trial
from lightlab.config.composition import Config
from lightlab.config.instantiation import building_only, explained, instantiate_parts, part
from lightlab.data.base import ResidentDataModule
from lightlab.data.splits import Fold
from lightlab.errors import UsageError, memory_is_full, one_line
from lightlab.modules.supervised import SupervisedModule
from lightlab.optimization.groups import described, freeze, grouped
from lightlab.optimization.schedulers import RunLength
from lightlab.runs.checkpoints import AtomicCheckpointIO
from lightlab.runs.trust import target_names
from lightlab.spec import Spec
from lightlab.training.devices import Accelerator, compiles, keep_pages
from lightlab.training.refusals import check_callbacks
from lightlab.training.weights import Resumable, Source, check_states, checkpoint_to_resume, take_weights

# Folds draw no pictures and keep no checkpoint to resume from: rerunning one is quick.
_NOT_OF_FOLDS = (Display, ProgressBar, LastCheckpoint, SaveOnSignal)
NETWORK = ("layers", "activation", "network")
LEARNER = (*NETWORK, "initializer", "module", "optimizer", "scheduler", "gradient")
_PARTS_OF_FOLDS = ("accelerator", "data", *LEARNER, "callbacks")
_PARTS = (*_PARTS_OF_FOLDS, "logger")
_LIGHTNING_FINDS = (Checkpoint, EarlyStopping, ProgressBar)  # among the Trainer's callbacks, by their classes


@dataclass(frozen=True)
class Run:
    """A run, built and not yet started.

    Attributes:
        config: resolved; as the run's folder keeps it.
        callbacks: all of them, in order.
        resumed: the checkpoint that training goes on from.
        keeps_pages: whether the allocator keeps freed pages.
    """

    config: Config
    folder: Path
    data: ResidentDataModule
    module: SupervisedModule
    trainer: Trainer
    callbacks: list[Callback]
    accelerator: Accelerator
    resumed: Resumable | None
    keeps_pages: bool


def build(config: Config, folder: Path, fold: Fold | None = None, trial: Trial | None = None) -> Run:
    """Builds a run and writes nothing.

    Args:
        config: resolved to plain values; `lightlab.config.schema.check` has passed it.
        folder: of the run.
        fold: which rows a run of a cross-validation is tested on.
        trial: the search that the run belongs to, which may stop it.

    Raises:
        LightlabError: a part is refused, or does not fit another.
    """
    silence_lightning()
    keeps_pages = config["keep_pages"] and keep_pages()
    seed_everything(config["seed"], verbose=False)
    with building_only(target_names(config)) if config["resume"] else nullcontext():
        parts = instantiate_parts(config, _PARTS if fold is None else _PARTS_OF_FOLDS)
    data: ResidentDataModule = parts.data
    if fold is not None and not data.can_fold:
        raise UsageError(f"folds: {type(data).__name__} data cannot be dealt into folds; set folds=null")
    data.fold = fold
    data.setup()
    module = _build_learner(config, parts)
    resumed = checkpoint_to_resume(config, module, data)
    config = config | {"resume": None}  # `resume` belongs to this process, not to the run
    callbacks = _build_callbacks(config, parts, module.is_compiled, trial)
    trainer = _build_trainer(config, folder, parts, callbacks, resumed)
    if resumed:
        check_states(resumed, trainer, callbacks)
    _check_monitor(config, module, data)
    return Run(config, folder, data, module, trainer, callbacks, parts.accelerator, resumed, keeps_pages)


def build_data(config: Config) -> ResidentDataModule:
    return part(config, "data")


def build_network(parts: SimpleNamespace, spec: Spec) -> nn.Module:
    """Builds the network for this data, with the weights that its layers draw themselves."""
    return parts.network(spec=spec, layers=parts.layers, activation=parts.layers.counterpart(parts.activation))


@torch.no_grad()
def try_out(network: nn.Module, activation: Any, example: Tensor) -> None:
    """Runs the network on `example` (N, …) in evaluation mode, which changes nothing.

    Raises:
        UsageError: a layer's shape does not fit the one before it, such as an activation that doubles its input's size
            in a network that does not expect it.
    """
    was_training = network.training
    try:
        network.eval()(example)
    except (RuntimeError, TypeError, ValueError) as error:
        if memory_is_full(error):
            raise
        names = f"network {_name(type(network))} and activation {_name(activation.func)}"
        raise UsageError(f"{names} do not fit together: {one_line(error, 160)}") from error
    finally:
        network.train(was_training)


def build_module(parts: SimpleNamespace, spec: Spec, network: nn.Module, **training: Any) -> SupervisedModule:
    """Builds the LightningModule; `training` holds what it needs only to learn.

    Raises:
        UsageError: it learns another kind of target than the data gives.
    """
    kind = parts.module_class
    if kind.target != spec.target:
        raise UsageError(
            f"module {_name(kind)} learns to predict a {kind.target}, "
            f"but data {spec.name} gives a {spec.target}; choose a module and a data that fit"
        )
    if parts.criterion is not None:
        training["criterion"] = parts.layers.counterpart(parts.criterion)()
    return parts.module(network=network, spec=spec, **training)


def _name(target: Any) -> str:
    return f"{target.__module__}.{target.__qualname__}"


def _build_learner(config: Config, parts: SimpleNamespace) -> SupervisedModule:
    """Builds the network and the module that trains it, with their first weights."""
    data, accelerator = parts.data, parts.accelerator
    network = build_network(parts, data.spec)
    with explained("initializer"):
        parts.initializer()(network)
    if accelerator.channels_last(network):
        network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    groups = config["optimizer"].get("groups") or []
    module = build_module(
        parts,
        data.spec,
        network,
        optimizer=grouped(parts.optimizer, groups) if groups else parts.optimizer,
        scheduler=parts.scheduler,
        gradient=parts.gradient,
        run_length=RunLength.of(len(data.train_dataloader()), config["trainer"], _accumulation(parts)),
        monitor=config["monitor"]["name"],
    )
    example = data.example()
    try_out(network, parts.activation, example)
    module.example_input_array = example
    if config["init_from"] and not config["resume"]:  # a resumed run has weights of its own
        print(take_weights(module, Source.of(config)), flush=True)
    if groups:
        freeze(module, groups)
        print(f"groups       {described(groups, module)}", flush=True)
    if compiles(config, accelerator, module.run_length.steps):
        network.compile()
        module.is_compiled = True
    return module


def _accumulation(parts: SimpleNamespace) -> dict[int, int] | None:
    kinds = (each for each in parts.callbacks.values() if isinstance(each, GradientAccumulationScheduler))
    return next((each.scheduling for each in kinds), None)


def _build_callbacks(config: Config, parts: SimpleNamespace, compiled: bool, trial: Trial | None) -> list[Callback]:
    """Builds the configured callbacks plus those that every run requires."""
    configured = [
        callback
        for callback in parts.callbacks.values()
        if callback and not (parts.data.fold and isinstance(callback, _NOT_OF_FOLDS))
    ]
    check_callbacks(parts.callbacks, config["trainer"])
    configured.sort(key=lambda callback: isinstance(callback, MetricsCsv))  # its row is written after all have logged
    return [
        EndTrainEpoch(),
        SaveRandomStates(),
        *configured,
        SaveConfig(config, parts.data.spec.to_plain(), parts.data.state_dict()),
        *([CompileTime()] if compiled else []),
        *([Pruning(trial, config["monitor"])] if trial else []),
    ]


def _build_trainer(
    config: Config,
    folder: Path,
    parts: SimpleNamespace,
    callbacks: list[Callback],
    resumed: Resumable | None,
) -> Trainer:
    grouped = [callback for callback in callbacks if _is_grouped(callback)]
    loggers = [] if parts.data.fold else parts.logger.values()
    options = config["trainer"] | ({} if "val" in parts.data.splits else {"limit_val_batches": 0})
    return Trainer(
        accelerator=parts.accelerator.name,
        devices=1,
        default_root_dir=folder,
        callbacks=[CallbackGroup(grouped), *(callback for callback in callbacks if callback not in grouped)],
        logger=[make(folder=folder, purge_step=resumed and resumed.global_step) for make in loggers] or False,
        plugins=[AtomicCheckpointIO()],
        enable_checkpointing=any(isinstance(callback, Checkpoint) for callback in callbacks),
        enable_progress_bar=any(isinstance(callback, ProgressBar) for callback in callbacks),
        enable_model_summary=False,  # the table of layers is a callback like the others
        num_sanity_val_steps=0,
        **options | {"profiler": options.get("profiler") or NoProfiler()},
    )


def _is_grouped(callback: Callback) -> bool:
    """Whether a callback is one of lightlab's own and none of the kinds that Lightning looks for."""
    return type(callback).__module__.startswith("lightlab.") and not isinstance(callback, _LIGHTNING_FINDS)


class NoProfiler(PassThroughProfiler):
    """Measures nothing and avoids Lightning's per-hook generator."""

    _nothing: AbstractContextManager[Any] = nullcontext()

    def profile(self, action_name: str) -> AbstractContextManager[Any]:  # type: ignore[override]
        return self._nothing


def _check_monitor(config: Config, module: SupervisedModule, data: ResidentDataModule) -> None:
    names = ["loss/train"]
    if "val" in data.splits:
        names += ["loss/val", *(f"{name}/val" for name in module.val_metrics)]
    if config["monitor"]["name"] not in names:
        raise UsageError(f"monitor.name={config['monitor']['name']}: this task measures {', '.join(names)}")


def silence_lightning() -> None:
    """Suppresses tips and warnings that do not apply: the loader is resident, logging is lightlab's own."""
    for name in ("lightning.pytorch", "lightning.fabric"):
        logging.getLogger(name).setLevel(logging.WARNING)
    for message in (
        ".*is smaller than the logging interval.*",
        ".*does not have many workers.*",
        ".*GPU available but not used.*",
        ".*is deprecated, use.*TreeSpec.*",
        "Checkpoint directory .* exists and is not empty.*",
    ):
        warnings.filterwarnings("ignore", message)
