"""Signs of a network that cannot learn, each with a remedy: what a look at one batch can tell."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

# By the class's name, so that a layer written by hand counts as its namesake of torch.
BOUNDED = {"Sigmoid": (0.0, 1.0), "Tanh": (-1.0, 1.0)}
RECTIFIED = {"ReLU", "ReLU6"}

FAR_LOSS = 2.0  # times the loss of guessing
DEAD = 0.25  # share of a layer's units; so of those that are stuck
FEW = 32  # rows: fewer leave many a healthy rectifier without one that activates it
SATURATED = 0.25  # share of a layer's values: before the first step hardly any should be
EDGE = 0.01  # of the range: nearer to its ends than this a value is saturated
VANISHING = 1e-3  # of the largest gradient norm


@dataclass(frozen=True)
class Finding:
    """What was seen where, and what to do about it, in one line that begins with its name."""

    name: str
    line: str


def initial_loss(loss: float, classes: int) -> Finding | None:
    """Whether the first batch's mean cross-entropy, in nats, is far from that of guessing, ln `classes`."""
    guessing = math.log(classes)
    if guessing / FAR_LOSS <= loss <= guessing * FAR_LOSS:
        return None
    remedy = (
        "the first weights or the inputs are too large: scale the inputs (data.scale=unit), initializer=xavier_uniform"
        if loss > guessing
        else "does something give the answer away? Is it the right loss?"
    )
    return Finding(
        "initial loss",
        f"{loss:.3g} before the first step, where guessing costs ln {classes} = {guessing:.3g}; {remedy}",
    )


def symmetric_units(network: nn.Module) -> Finding | None:
    """Layers all of whose units have the same weights and the same gradient, and so stay the same for ever."""
    found = [name for name, layer in _weighted(network) if _is_symmetric(layer)]
    if not found:
        return None
    remedy = "they learn the same thing; draw the weights at random: initializer=xavier_uniform or kaiming_normal"
    return Finding("symmetric units", f"all units of {_listed(found)} are the same; {remedy}")


def vanishing_gradients(network: nn.Module) -> Finding | None:
    """Layers whose gradient norm is under a thousandth of the largest layer's."""
    norms = {name: float(layer.weight.grad.norm()) for name, layer in _weighted(network)}  # type: ignore[operator,union-attr]
    largest = max(norms.values(), default=0.0)
    found = [name for name, norm in norms.items() if norm < VANISHING * largest]
    if not found:
        return None
    smallest = min(norms[name] for name in found)
    times = f"{largest / smallest:,.0f} times smaller than" if smallest else "0, and not so"
    steepest = max(norms, key=lambda name: norms[name])
    remedy = "activation=relu, network.batch_norm=true or an initializer that fits the activation"
    return Finding("vanishing gradients", f"the gradient of {_listed(found)} is {times} that of {steepest}; {remedy}")


def dead_units(outputs: Mapping[str, tuple[str, Tensor]]) -> Finding | None:
    """Layers of rectifiers of which many units are 0 for every input.

    Args:
        outputs: by layer: its class's name and what it gave for a batch, (N, units) or (N, units, H, W).
    """
    found = []
    for name, (kind, values) in outputs.items():
        if kind in RECTIFIED and len(values) >= FEW:
            count = int(_always(values <= 0).sum())
            if count > DEAD * values.shape[1]:
                found.append(f"{name} ({count} of {values.shape[1]})")
    if not found:
        return None
    remedy = "they learn no more; a smaller optimizer.lr, activation=leaky_relu or initializer=kaiming_normal"
    return Finding("dead units", f"never active over a batch: {_listed(found)}; {remedy}")


def saturated_units(outputs: Mapping[str, tuple[str, Tensor]]) -> Finding | None:
    """Layers of whose sigmoids or tanhs many values are at the ends of their range, before they have learnt to be.

    `outputs` as in `dead_units`.
    """
    found = []
    for name, values, low, high in _bounded(outputs):
        share = float(((values < low) | (values > high)).float().mean())
        if share > SATURATED:
            found.append(f"{name} ({share:.0%} of its values)")
    return Finding("saturated units", f"at the ends of their range: {_listed(found)}; {_ENDS}") if found else None


def stuck_units(outputs: Mapping[str, tuple[str, Tensor]]) -> Finding | None:
    """Layers of whose sigmoids or tanhs many are at one and the same end of their range for every input.

    Those that are at either end, as the input may be, have learnt to decide: three quarters of all values of a digit
    network that is right in 98 of 100 cases. `outputs` as in `dead_units`.
    """
    found = []
    for name, values, low, high in _bounded(outputs):
        count = int((_always(values < low) | _always(values > high)).sum())
        if count > DEAD * values.shape[1] and len(values) >= FEW:
            found.append(f"{name} ({count} of {values.shape[1]})")
    return Finding("stuck units", f"at the same end for all of a batch: {_listed(found)}; {_ENDS}") if found else None


_ENDS = "hardly any gradient comes through; scale the inputs (data.scale=unit), smaller weights or learning rate"


def watched(network: nn.Module) -> list[tuple[str, nn.Module]]:
    """The activations that `dead_units`, `saturated_units` and `stuck_units` can judge."""
    kinds = {*BOUNDED, *RECTIFIED}
    return [(name, layer) for name, layer in network.named_modules() if type(layer).__name__ in kinds]


def _bounded(outputs: Mapping[str, tuple[str, Tensor]]) -> Iterator[tuple[str, Tensor, float, float]]:
    """Layers of limited range: name, values, and where its two ends begin."""
    for name, (kind, values) in outputs.items():
        if kind in BOUNDED:
            low, high = BOUNDED[kind]
            edge = EDGE * (high - low)
            yield name, values, low + edge, high - edge


def _always(holds: Tensor) -> Tensor:
    """(N, units) or (N, units, H, W) → (units,): whether it holds everywhere, for every input."""
    return holds.transpose(0, 1).flatten(1).all(1)


def _weighted(network: nn.Module) -> Iterator[tuple[str, nn.Module]]:
    """Layers with a weight of two or more dimensions, one row or filter a unit, that has a gradient."""
    for name, layer in network.named_modules():
        weight = getattr(layer, "weight", None)
        if isinstance(weight, nn.Parameter) and weight.ndim >= 2 and weight.grad is not None:
            yield name, layer


def _is_symmetric(layer: nn.Module) -> bool:
    weight, bias = layer.weight, getattr(layer, "bias", None)
    assert isinstance(weight, Tensor)
    if len(weight) < 2:
        return False
    parts = [weight, weight.grad, *([bias, bias.grad] if isinstance(bias, Tensor) else [])]
    return all(_rows_agree(part) for part in parts if part is not None)


def _rows_agree(values: Tensor) -> bool:
    rows = values.detach().flatten(1) if values.ndim > 1 else values.detach().unsqueeze(1)
    return bool(torch.allclose(rows, rows[:1].expand_as(rows), rtol=1e-5, atol=1e-6 * float(rows.abs().max())))


def _listed(names: list[str], most: int = 3) -> str:
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")
