"""Builds a run from its resolved config; prediction builds its parts here too."""

import logging
import warnings
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import torch
from lightning.pytorch import Callback, LightningDataModule, LightningModule, Trainer, seed_everything
from lightning.pytorch.callbacks import (
    Checkpoint,
    EarlyStopping,
    GradientAccumulationScheduler,
    ModelCheckpoint,
    ProgressBar,
)
from lightning.pytorch.loggers import Logger
from lightning.pytorch.profilers import PassThroughProfiler
from lightning.pytorch.utilities.exceptions import MisconfigurationException
from torch import Tensor, nn
from torch.optim.lr_scheduler import LRScheduler

from lightlab.callbacks.base import CallbackGroup, Display, suits
from lightlab.callbacks.checkpointing import LastCheckpoint, SaveConfig, SaveOnSignal, SaveRandomStates
from lightlab.callbacks.checks import CheckFiniteLoss
from lightlab.callbacks.evaluation import Evaluation
from lightlab.callbacks.logging import EndTrainEpoch, MetricsCsv
from lightlab.callbacks.monitoring import CheckMonitor, Validations
from lightlab.callbacks.progress import CompileTime, PlainProgress
from lightlab.callbacks.pruning import Pruning, Trial
from lightlab.config.composition import Config
from lightlab.config.instantiation import building_only, explained, instantiate_parts, part, target_of
from lightlab.config.schema import OPTIONAL
from lightlab.data.base import ResidentDataModule
from lightlab.data.splits import Fold
from lightlab.errors import UsageError, memory_is_full, one_line, shortened
from lightlab.modules.supervised import SupervisedModule
from lightlab.optimization.groups import described, freeze, grouped
from lightlab.optimization.schedulers import RunLength, of_torch
from lightlab.runs.checkpoints import AtomicCheckpointIO
from lightlab.runs.loggers import Place, build_loggers
from lightlab.runs.ranks import launch
from lightlab.runs.trust import target_names
from lightlab.spec import Spec
from lightlab.training.devices import Accelerator, compiles, keep_pages, processes
from lightlab.training.foreign_modules import (
    FirstBatches,
    batches_of,
    example_of,
    ignored_parts,
    is_supervised,
    lightning_data,
    lightning_module,
    needed_spec,
    spec_of,
    stages_of,
)
from lightlab.training.refusals import check_callbacks
from lightlab.training.weights import Resumable, Source, check_states, checkpoint_to_resume, take_weights

# Folds draw no pictures and keep no checkpoint to resume from: rerunning one is quick.
_NOT_OF_FOLDS = (Display, ProgressBar, LastCheckpoint, SaveOnSignal)
_OF_FIRST_PROCESS = (Display, ProgressBar, MetricsCsv, CheckFiniteLoss)  # they print and write
NETWORK = ("layers", "activation", "network")
LEARNER = (*NETWORK, "initializer", "module", "optimizer", "scheduler", "gradient")
_PARTS_OF_FOLDS = ("accelerator", "data", *LEARNER, "callbacks")
_PARTS = (*_PARTS_OF_FOLDS, "logger")
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


@dataclass(frozen=True)
class Run:
    """A run, built and not yet started.

    Attributes:
        config: resolved; as the run's folder keeps it.
        callbacks: all of them, in order.
        resumed: the checkpoint that training goes on from.
        keeps_pages: whether the allocator keeps freed pages.
        notes: a line for each override that has no effect.
    """

    config: Config
    folder: Path
    data: LightningDataModule
    module: LightningModule
    trainer: Trainer
    callbacks: list[Callback]
    accelerator: Accelerator
    resumed: Resumable | None
    keeps_pages: bool
    notes: Sequence[str] = ()


def build(
    config: Config, folder: Path, fold: Fold | None = None, trial: Trial | None = None, typed: Sequence[str] = ()
) -> Run:
    """Builds a run and writes nothing.

    Args:
        config: resolved to plain values; `lightlab.config.schema.check` has passed it.
        folder: of the run.
        fold: which rows a run of a cross-validation is tested on.
        trial: the search that the run belongs to, which may stop it.
        typed: the user's own overrides.

    Raises:
        LightlabError: a part is refused, or does not fit another.
    """
    silence_lightning()
    keeps_pages = config["keep_pages"] and keep_pages()
    seed_everything(config["seed"], verbose=False)
    with building_only(target_names(config)) if config["resume"] else nullcontext():
        parts = instantiate_parts(_saving_when_validated(config), _PARTS if fold is None else _PARTS_OF_FOLDS)
        parts.processes = processes(config, parts.accelerator, launch())
    data = lightning_data(parts.data)
    if fold is not None and not getattr(data, "can_fold", False):
        raise UsageError(f"folds: {type(data).__name__} data cannot be dealt into folds; set folds=null")
    if isinstance(data, ResidentDataModule):
        data.fold = fold
        data.share = parts.processes.share
        data.shuffle = data.shuffle and not config["trainer"].get("overfit_batches")
        data.setup()
    module = _build_learner(config, parts) if is_supervised(parts.module_class) else _build_foreign(config, parts)
    resumed = checkpoint_to_resume(config, module, data)
    config = config | {"resume": None}  # `resume` belongs to this process, not to the run
    callbacks = _build_callbacks(config, parts, module, trial)
    trainer = _build_trainer(config, folder, parts, module, callbacks, resumed)
    if resumed:
        check_states(resumed, trainer, callbacks)
    notes = []
    if isinstance(module, SupervisedModule):
        _check_monitor(config, module, data)
    else:
        notes = ignored_parts(config, module, typed)
    return Run(config, folder, data, module, trainer, callbacks, parts.accelerator, resumed, keeps_pages, notes)


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
        training["criterion"] = _criterion(parts.layers.counterpart(parts.criterion), spec)
    return parts.module(network=network, spec=spec, **training)


def _criterion(make: Any, spec: Spec) -> nn.Module:
    weight = make.keywords.get("weight")
    if weight is not None and len(weight) != spec.output_size:
        raise UsageError(
            f"module.criterion.weight: {len(weight)} weights for {spec.output_size} outputs; give one each"
        )
    return make()


def _name(target: Any) -> str:
    return f"{target.__module__}.{target.__qualname__}"


def _build_learner(config: Config, parts: SimpleNamespace) -> SupervisedModule:
    """Builds the network and the module that trains it, with their first weights."""
    data, accelerator = parts.data, parts.accelerator
    for group in OPTIONAL:
        if getattr(parts, group) is None:
            raise UsageError(f"{group}: null, but module {_name(parts.module_class)} needs one; choose it: {group}=…")
    if not isinstance(data, ResidentDataModule):
        data.prepare_data()
        data.setup("fit")
    spec = needed_spec(data, parts.module_class)
    network = build_network(parts, spec)
    with explained("initializer"):
        parts.initializer()(network)
    if accelerator.channels_last(network):
        network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    groups = (config["optimizer"] or {}).get("groups") or []
    module = build_module(
        parts,
        spec,
        network,
        optimizer=grouped(parts.optimizer, groups) if groups else parts.optimizer,
        scheduler=_scheduler(config, parts),
        gradient=parts.gradient,
        run_length=RunLength.of(_batches(parts), config["trainer"], _accumulation(parts)),
        monitor=config["monitor"]["name"],
    )
    example = example_of(data, spec)
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
    if not module.run_length.steps and _depends_on_length(module):
        raise UsageError(
            "scheduler: is drawn over the whole run, whose length neither trainer.max_epochs=-1 nor a loader without a "
            "length gives; set trainer.max_steps, trainer.limit_train_batches to a number of batches, or scheduler=none"
        )
    return module


def _batches(parts: SimpleNamespace) -> int | None:
    """Returns the training batches of an epoch; those of a DataLoader are dealt to the processes by Lightning."""
    batches, size = (
        batches_of(parts.data),
        1 if isinstance(parts.data, ResidentDataModule) else parts.processes.share.size,
    )
    return None if batches is None else -(-batches // size)


def _saving_when_validated(config: Config) -> Config:
    """Has best.ckpt written at each validation within an epoch, as its weights are those that were measured."""
    best, monitor = config["callbacks"].get("best"), config["monitor"]["name"] or ""
    if not (best and config["trainer"].get("val_check_interval")) or monitor.endswith("/train"):
        return config
    return config | {"callbacks": config["callbacks"] | {"best": best | {"save_on_train_epoch_end": False}}}


def _scheduler(config: Config, parts: SimpleNamespace) -> Callable[..., Any]:
    target = target_of(config, "scheduler")
    kind: Any = target.func
    is_torchs = isinstance(kind, type) and issubclass(kind, LRScheduler)
    return of_torch(kind, target.keywords, config["monitor"]["mode"]) if is_torchs else parts.scheduler


def _depends_on_length(module: SupervisedModule) -> bool:
    optimizer = module.make_optimizer(module.named_parameters())
    return module.make_schedule(optimizer, RunLength(1, 1)).when_extended != "same"


def _build_foreign(config: Config, parts: SimpleNamespace) -> LightningModule:
    """Builds a LightningModule that is not lightlab's own: from its own config, and nothing else."""
    module = lightning_module(parts.module())
    if config["init_from"] and not config["resume"]:
        print(take_weights(module, Source.of(config)), flush=True)
    if config["compile"] is True:
        module.compile()
    return module


def _accumulation(parts: SimpleNamespace) -> dict[int, int] | None:
    kinds = (each for each in parts.callbacks.values() if isinstance(each, GradientAccumulationScheduler))
    return next((each.scheduling for each in kinds), None)


def _build_callbacks(
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


def _build_trainer(
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


def _check_monitor(config: Config, module: SupervisedModule, data: LightningDataModule) -> None:
    names = ["loss/train"]
    if "val" in stages_of(data):
        names += ["loss/val", *(f"{name}/val" for name in module.val_metrics)]
    if config["monitor"]["name"] not in [None, *names]:
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
        "`training_step` returned `None`.*",
        "Checkpoint directory .* exists and is not empty.*",
        ".*recommended to use `self.log.*sync_dist=True.*",  # losses and metrics are reduced by the module
    ):
        warnings.filterwarnings("ignore", message)
