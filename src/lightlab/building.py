"""Builds the parts of a run from its resolved config; training and prediction both do."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from hydra.errors import InstantiationException
from hydra.utils import instantiate
from torch import Tensor, nn

from lightlab.data.base import ResidentDataModule
from lightlab.errors import LightlabError, UsageError, one_line
from lightlab.modules.supervised import SupervisedModule
from lightlab.spec import Spec

Config = dict[str, Any]


def part(config: Config, group: str) -> Any:
    """What a group's ``_target_`` makes.

    Raises:
        UsageError: an option that it does not have, or a value that it does not take.
    """
    try:
        return instantiate(config[group], _convert_="all")
    except InstantiationException as error:
        raise _explained(group, error) from error


def build_data(config: Config) -> ResidentDataModule:
    return part(config, "data")


def build_network(config: Config, spec: Spec) -> nn.Module:
    """The network for this data; weights are as its layers initialize themselves."""
    layers = part(config, "layers")
    activation = layers.twin(part(config, "activation"))
    return call(config, "network", spec=spec, layers=layers, activation=activation)


@torch.no_grad()
def try_out(config: Config, network: nn.Module, example: Tensor) -> None:
    """Runs the network on `example` (N, …) in evaluation mode, which changes nothing.

    Raises:
        UsageError: a layer's shape does not fit the one before it, as where an activation gives twice what it takes
            in a network that does not reckon with that.
    """
    was_training = network.training
    try:
        network.eval()(example)
    except RuntimeError as error:
        names = " and ".join(f"{group} {config[group]['_target_']}" for group in ("network", "activation"))
        raise UsageError(f"{names} do not fit together: {one_line(error, 160)}") from error
    finally:
        network.train(was_training)


def build_module(config: Config, spec: Spec, network: nn.Module, **training: Any) -> SupervisedModule:
    """The LightningModule; `training` is what it needs to learn as well.

    Raises:
        UsageError: it learns another kind of target than the data gives.
    """
    kind: Any = _factory(config, "module").func
    if kind.target != spec.target:
        raise UsageError(
            f"module {config['module']['_target_']} learns to predict a {kind.target}, "
            f"but data {spec.name} gives a {spec.target}; choose a module and a data that fit"
        )
    if "criterion" in config["module"]:
        training["criterion"] = part(config, "layers").twin(_factory(config["module"], "criterion"))()
    return call(config, "module", network=network, spec=spec, **training)


def call(config: Config, group: str, **arguments: Any) -> Any:
    """Makes a group's object with arguments that cannot stand in a config, such as the data's `Spec`."""
    return factory(config, group)(**arguments)


def factory(config: Config, group: str) -> Callable[..., Any]:
    """A group's ``_target_`` with its options, to be called later; what it then refuses is a `UsageError` too.

    Hydra's own partial looks its target up in a list at every call: too slow for what is called at every step.
    """
    found = _factory(config, group)
    make = partial(found.func, *found.args, **found.keywords)

    def checked(*arguments: Any, **options: Any) -> Any:
        try:
            return make(*arguments, **options)
        except (TypeError, ValueError) as error:
            raise _explained(group, error) from error

    return checked


def build_gradient(config: Config) -> Callable[..., None]:
    """A function is bound to its options; an object, which counts its own steps, is made once."""
    return factory(config, "gradient") if config["gradient"].get("_partial_") else part(config, "gradient")


def _factory(config: Config, group: str) -> partial[Any]:
    return part({group: {**config[group], "_partial_": True}}, group)


def _explained(group: str, error: Exception) -> LightlabError:
    cause: BaseException = error
    while cause.__cause__ is not None and not isinstance(cause, LightlabError):
        cause = cause.__cause__
    return cause if isinstance(cause, LightlabError) else UsageError(f"{group}: {one_line(cause)}")
