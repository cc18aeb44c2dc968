"""Builds a run from its resolved config; prediction builds its parts here too."""

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import torch
from lightning.pytorch import Callback, LightningDataModule, LightningModule, Trainer, seed_everything
from lightning.pytorch.callbacks import (
    GradientAccumulationScheduler,
)
from torch import Tensor, nn
from torch.optim.lr_scheduler import LRScheduler

from lightlab.callbacks.pruning import Trial
from lightlab.config.composition import Config
from lightlab.config.instantiation import building_only, explained, instantiate_parts, part, target_of
from lightlab.config.schema import OPTIONAL
from lightlab.data.base import ResidentDataModule
from lightlab.data.splits import Fold
from lightlab.errors import UsageError, memory_is_full, one_line
from lightlab.modules.supervised import SupervisedModule
from lightlab.optimization.groups import described, freeze, grouped
from lightlab.optimization.schedulers import RunLength, of_torch
from lightlab.runs.ranks import launch
from lightlab.runs.trust import target_names
from lightlab.spec import Spec
from lightlab.training.devices import Accelerator, compiles, keep_pages, processes
from lightlab.training.foreign_modules import (
    batches_of,
    example_of,
    ignored_parts,
    is_supervised,
    lightning_data,
    lightning_module,
    needed_spec,
    stages_of,
)
from lightlab.training.trainer import build_callbacks, build_trainer, silence_lightning
from lightlab.training.weights import Resumable, Source, check_states, checkpoint_to_resume, take_weights

NETWORK = ("layers", "activation", "network")
LEARNER = (*NETWORK, "initializer", "module", "optimizer", "scheduler", "gradient")
_PARTS_OF_FOLDS = ("accelerator", "data", *LEARNER, "callbacks")
_PARTS = (*_PARTS_OF_FOLDS, "logger")


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
    callbacks = build_callbacks(config, parts, module, trial)
    trainer = build_trainer(config, folder, parts, module, callbacks, resumed)
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


def _check_monitor(config: Config, module: SupervisedModule, data: LightningDataModule) -> None:
    names = ["loss/train"]
    if "val" in stages_of(data):
        names += ["loss/val", *(f"{name}/val" for name in module.val_metrics)]
    if config["monitor"]["name"] not in [None, *names]:
        raise UsageError(f"monitor.name={config['monitor']['name']}: this task measures {', '.join(names)}")
