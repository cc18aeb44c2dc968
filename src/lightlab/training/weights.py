"""First weights that come from a checkpoint: another run's (``init_from=``), or the run's own (``resume=``)."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from lightning.pytorch import Callback, LightningDataModule, LightningModule, Trainer
from torch import nn

from lightlab.callbacks.averaging import Ema, Swa
from lightlab.callbacks.base import CallbackGroup
from lightlab.callbacks.checkpointing import SaveRandomStates
from lightlab.config.composition import Config, flatten
from lightlab.config.schema import GROUPS
from lightlab.data.base import ResidentDataModule
from lightlab.errors import UsageError
from lightlab.files import user_path
from lightlab.modules.supervised import SupervisedModule
from lightlab.optimization.groups import MOST_NAMES, check_pattern, matches
from lightlab.runs.checkpoints import read_checkpoint
from lightlab.runs.contents import (
    RESUMED_FORM,
    SUPERVISED_FORM,
    check_finite,
    check_form,
    misfit,
    misfit_of,
    refused,
    unlike,
)
from lightlab.runs.folder import checkpoint_of, find_run, results_of
from lightlab.training.foreign_modules import check_own_weights

# The parts that a resumed run keeps. The checkpoint restores these settings, so an override would have no effect.
_FIXED = ("seed", *(group for group in GROUPS if group not in ("accelerator", "callbacks", "logger")))
_FREE = ("data_dir", "cache_dir", "source", "mirrors", "remote", "registry", "files", "eval_batch_size")  # of data


@dataclass(frozen=True)
class Resumable:
    """A checkpoint that training can go on from.

    Attributes:
        trained: training has ended, but the run stopped before its results were written.
        loops: Lightning's states of its loops.
        callbacks: the states of the callbacks, by their keys.
    """

    path: Path
    global_step: int
    trained: bool
    loops: dict[str, Any]
    callbacks: dict[str, Any]


@dataclass(frozen=True)
class Source:
    """What ``init_from=`` takes, and from where.

    Attributes:
        place: a checkpoint's file, a run's folder, or ``last``.
        left: names or patterns of weights that are not taken; see `lightlab.optimization.groups.matches`.
        renamed: prefixes of names in the checkpoint, each followed by a colon and what it is replaced by.
        strict: whether every other weight must be there and fit.
    """

    place: str
    left: Sequence[str] = ()
    renamed: Sequence[str] = ()
    strict: bool = True

    @classmethod
    def of(cls, config: Config) -> "Source":
        keys = ("init_from_except", "init_from_rename", "init_from_strict")
        return cls(config["init_from"], *(config[key] for key in keys))

    def named(self, weights: Mapping[str, Any]) -> dict[str, Any]:
        """Returns the weights by their names in this run's network."""
        named = dict(weights)
        for entry in self.renamed:
            prefix, colon, other = entry.partition(":")
            begin = [name for name in weights if name.startswith(prefix)]
            if not colon or not begin:
                parts = ", ".join(dict.fromkeys(".".join(name.split(".")[:2]) for name in weights))
                raise UsageError(
                    f"init_from_rename={entry}: must be PREFIX:REPLACEMENT with a prefix of the names in {self.place}, "
                    f"which begin with {parts}"
                )
            named |= {other + name.removeprefix(prefix): named.pop(name) for name in begin if name in named}
        return named


def take_weights(module: LightningModule, source: Source) -> str:
    """Loads the weights of ``init_from=``.

    Returns:
        A line that says what was taken, and what keeps its first values.

    Raises:
        UsageError: they are of another network, or `source` names weights that do not exist.
        DataError: the checkpoint is damaged, or holds weights that are not finite; the module is as before.
    """
    path = user_path(source.place)
    path = path if path.is_file() else checkpoint_of(find_run(source.place)) or path
    checkpoint = read_checkpoint(path)
    own, weights = module.state_dict(), source.named(checkpoint["state_dict"])
    for pattern in source.left:
        check_pattern("init_from_except", pattern, own)
    left = [name for name in own if any(matches(name, pattern) for pattern in source.left)]
    taken = {name: weight for name, weight in weights.items() if name not in left}
    if not source.strict:
        taken = {name: taken[name] for name in own if name in taken and not misfit_of(taken[name], own[name])}
    elif issue := misfit({name: own[name] for name in left} | taken, module):
        task, weight = checkpoint["lightlab"]["config"]["name"], issue.partition(" ")[0].removeprefix("network.")
        raise UsageError(
            f"init_from={source.place}: weights of task {task} do not fit this network: {issue}; leave it out with "
            f"init_from_except=[{weight.rpartition('.')[0] or weight}], or take what fits with init_from_strict=false"
        )
    if not taken:
        raise UsageError(f"init_from={source.place}: none of its weights fits this network")
    check_finite(path, taken)
    module.load_state_dict(own | taken)
    names = [name for name in own if name not in taken]
    return f"init_from    {path}: took {len(taken)} of {len(own)} tensors" + (
        f"; new: {', '.join(names[:MOST_NAMES])}{', …' if len(names) > MOST_NAMES else ''}" if names else ""
    )


def checkpoint_to_resume(config: Config, module: LightningModule, data: LightningDataModule) -> Resumable | None:
    """Checks the checkpoint of ``resume=`` before Lightning loads it, while nothing has been changed.

    Weights that are not finite are taken: a run that diverges can go on as it would have without a stop.

    Raises:
        DataError: it does not hold what training goes on from.
        UsageError: it is of another task or network; its run has finished, cannot be extended, or had other parts.
    """
    if not config["resume"]:
        return None
    folder = Path(config["resume"])
    path = checkpoint_of(folder, "last")
    if path is None:
        raise UsageError(f"resume={folder}: holds no checkpoint that can be read")
    checkpoint = read_checkpoint(path)
    check_form(path, checkpoint, RESUMED_FORM)
    saved = checkpoint["lightlab"]["config"]
    if config["name"] != saved["name"]:
        raise UsageError(f"{path} is a checkpoint of task {saved['name']}; resume= goes on with the same task")
    _check_same_parts(saved, config)
    check_own_weights(path, checkpoint["state_dict"], module)
    _check_preparation(path, checkpoint, data)
    extendable = True
    if isinstance(module, SupervisedModule):
        check_form(path, checkpoint, SUPERVISED_FORM)
        _check_learning(path, checkpoint, module)
        extendable = _check_length(module, checkpoint["steps"])
    trained, limit = _is_trained(config, checkpoint), config["trainer"]["max_epochs"]
    if not trained and 0 < limit <= checkpoint["epoch"]:
        raise UsageError(
            f"run {folder} was stopped in epoch {checkpoint['epoch'] + 1}; trainer.max_epochs={limit} must not be less"
        )
    if trained and results_of(folder) is not None:
        longer = f"extend it with trainer.max_epochs={2 * limit}"
        advice = longer if extendable and not checkpoint["stopped"] else "start a new run with init_from= this one"
        raise UsageError(f"run {folder} has finished after {checkpoint['epoch'] + 1} epochs; {advice}")
    return Resumable(path, checkpoint["global_step"], trained, checkpoint["loops"], checkpoint["callbacks"])


def _check_preparation(path: Path, checkpoint: dict[str, Any], data: LightningDataModule) -> None:
    if not isinstance(data, ResidentDataModule):
        return
    prepared = checkpoint.get(type(data).__qualname__)  # under this key Lightning keeps a data module's state
    if prepared is not None and (problem := data.state_problem(prepared)):
        raise refused(path, f"preparation: {problem}")


def _check_learning(path: Path, checkpoint: dict[str, Any], module: SupervisedModule) -> None:
    """Compares the states that training goes on from with those that this run's parts have themselves."""
    optimizer, scheduler = _stepped_copies(module)
    expected = {
        "train_loss": (checkpoint["train_loss"], module.train_loss.state()),
        "optimizer_states": (checkpoint["optimizer_states"][0].get("param_groups"), optimizer["param_groups"]),
        "lr_schedulers": (checkpoint["lr_schedulers"], [scheduler] if scheduler else []),
    }
    states = checkpoint["optimizer_states"][0].get("state")
    if not isinstance(states, dict) or (optimizer["state"] and not states.keys() <= optimizer["state"].keys()):
        raise refused(path, "optimizer_states: not those of this run's weights")
    expected |= {
        f"optimizer_states.{key}": (states[key], state) for key, state in optimizer["state"].items() if key in states
    }
    for name, (saved, example) in expected.items():
        if problem := unlike(saved, example, name):
            raise refused(path, problem)


def _stepped_copies(module: SupervisedModule) -> tuple[dict[str, Any], dict[str, Any]]:
    """Returns the states that the optimizer and the schedule have after a step on copies of the weights."""
    copies = [
        (name, nn.Parameter(torch.zeros_like(weight), weight.requires_grad))
        for name, weight in module.named_parameters()
    ]
    optimizer = module.make_optimizer(copies)
    schedule = module.make_schedule(optimizer, module.run_length)
    for _, copy in copies:
        copy.grad = torch.zeros_like(copy) if copy.requires_grad else None
    with suppress(TypeError):  # of an optimizer whose step needs a closure: its state is not compared
        optimizer.step()
    return optimizer.state_dict(), schedule.scheduler.state_dict() if schedule.scheduler else {}


def check_states(resumed: Resumable, trainer: Trainer, callbacks: Sequence[Callback]) -> None:
    """Compares the states of Lightning's loop and of the callbacks with those that this run's have at the start.

    Raises:
        DataError: names the first that differs in its structure.
        UsageError: the weights were averaged, and the callback that does so is missing.
    """
    loop = {key: state for key, state in trainer.fit_loop.state_dict().items() if not key.endswith("state_dict")}
    saved = resumed.callbacks | resumed.callbacks.get(CallbackGroup.__qualname__, {})
    for name in {kind.__qualname__ for kind in (Ema, Swa)} & saved.keys() - {each.state_key for each in callbacks}:
        raise UsageError(
            f"resume=: {resumed.path} holds weights that {name} averaged; go on with callbacks=[default,{name.lower()}]"
        )
    expected = [(resumed.loops["fit_loop"], loop, "loops.fit_loop")]
    for callback in callbacks:
        example = callback.state_dict()
        if isinstance(callback, SaveRandomStates):
            example["cuda"] = []  # on a machine with other GPUs they are not restored
        if example and callback.state_key in saved:
            expected.append((saved[callback.state_key], example, f"callbacks.{type(callback).__name__}"))
    for state, example, name in expected:
        if problem := unlike(state, example, name):
            raise refused(resumed.path, problem)


def _check_same_parts(saved: Config, config: Config) -> None:
    then, now = (flatten({group: source.get(group) for group in _FIXED}) for source in (saved, config))
    for key in [*then, *now]:
        if then.get(key) != now.get(key) and not (key[0] == "data" and key[1] in _FREE):
            name = ".".join(key)
            raise UsageError(
                f"resume=: {name} cannot change from {then.get(key)} to {now.get(key)}; "
                "start a new run from its weights with init_from="
            )


def _check_length(module: SupervisedModule, steps_before: int) -> bool:
    """Returns whether the run can be extended; raises if the schedule cannot be extended."""
    schedule = module.make_schedule(module.make_optimizer(module.named_parameters()), module.run_length)
    steps = module.run_length.steps
    if steps != steps_before and schedule.when_extended == "refuse":
        raise UsageError(
            f"this run's schedule was drawn for {steps_before} steps and ends at a learning rate near 0, so it cannot "
            f"go on to {steps}; start a new run with init_from= this one, or train one with another scheduler"
        )
    if steps != steps_before and schedule.when_extended == "rebuild":
        print(f"the learning rate's schedule is drawn again for {steps} steps; it was drawn for {steps_before}")
    return schedule.when_extended != "refuse"


def _is_trained(config: Config, checkpoint: dict[str, Any]) -> bool:
    limits = config["trainer"]
    if 0 < limits["max_steps"] <= checkpoint["global_step"] or checkpoint["stopped"]:
        return True
    return checkpoint["epoch_is_over"] and checkpoint["epoch"] + 1 >= limits["max_epochs"]
