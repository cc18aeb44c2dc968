"""Builds the parts of a run from its resolved config; training and prediction both do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from lightlab.config.composition import Config
from lightlab.config.instantiation import call, factory, part, target_of
from lightlab.data.base import ResidentDataModule
from lightlab.errors import UsageError, one_line
from lightlab.modules.supervised import SupervisedModule
from lightlab.spec import Spec


def build_data(config: Config) -> ResidentDataModule:
    return part(config, "data")


def build_network(config: Config, spec: Spec) -> nn.Module:
    """The network for this data; weights are as its layers initialize themselves."""
    layers = part(config, "layers")
    activation = layers.counterpart(part(config, "activation"))
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
    kind: Any = target_of(config, "module").func
    if kind.target != spec.target:
        raise UsageError(
            f"module {config['module']['_target_']} learns to predict a {kind.target}, "
            f"but data {spec.name} gives a {spec.target}; choose a module and a data that fit"
        )
    if "criterion" in config["module"]:
        training["criterion"] = part(config, "layers").counterpart(target_of(config["module"], "criterion"))()
    return call(config, "module", network=network, spec=spec, **training)


def build_gradient(config: Config) -> Callable[..., None]:
    """A function is bound to its options; an object, which counts its own steps, is made once."""
    return factory(config, "gradient") if config["gradient"].get("_partial_") else part(config, "gradient")
