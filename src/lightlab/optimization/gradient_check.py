"""Backpropagation held against differences, layer by layer: ``gradient=check``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from lightlab.optimization.differences import central
from lightlab.optimization.gradients import ComputeLoss, autograd, by_differences, evaluated, random_state, trained

# An error is relative to the number itself, but for numbers too small to be known so well to these:
SMALL = 1e-3  # of a parameter's largest gradient
ROUNDING = 1e5  # times ε·L / h, which is how far differences are off; a bias before batch norm has a gradient of 0


@dataclass(frozen=True)
class Comparison:
    """The two gradients of one parameter.

    Attributes:
        checked: how many of its numbers were compared.
        largest: the largest gradient among them, in magnitude.
        error: the largest |a − n| / max(|a|, |n|, `SMALL`·largest, `ROUNDING`·ε·L / h), a by backpropagation and n by
            differences.
    """

    name: str
    shape: tuple[int, ...]
    checked: int
    largest: float
    error: float


class Check:
    """Trains by backpropagation, and on the first batch and every so many steps after it compares and prints a table.

    Both gradients are taken in float64, with the same random draws, so that what differs is the formula and not the
    rounding. Training itself goes as with ``gradient=autograd``, bit for bit.

    Args:
        every: steps from one check to the next.
        h: of the central differences.
        entries: of each parameter, chosen at random; None compares all.
        tolerance: an error up to here is agreement.
    """

    def __init__(self, every: int, h: float, entries: int | None, tolerance: float) -> None:
        self.every = every
        self.h = h
        self.entries = entries
        self.tolerance = tolerance
        self.steps = 0

    def __call__(self, loss: Tensor, compute_loss: ComputeLoss, network: nn.Module) -> None:
        if self.steps % self.every == 0:
            print(self.table(compare(compute_loss, network, self.h, self.entries)), flush=True)
        self.steps += 1
        autograd(loss, compute_loss, network)

    def table(self, comparisons: Sequence[Comparison]) -> str:
        """One line a parameter, and one that sums up."""
        head = ("parameter", "shape", "checked", "largest gradient", "largest relative error", "verdict")
        rows = [(*_cells(each), self._verdict(each)) for each in comparisons]
        wrong = [each.name for each in comparisons if not each.error <= self.tolerance]
        words = f"step {self.steps + 1}: backpropagation and central differences (h = {self.h:g}) "
        words += f"differ in {', '.join(wrong)}" if wrong else f"agree in all {len(rows)} parameters"
        return "\n".join([*_aligned([head, *rows]), words])

    def _verdict(self, comparison: Comparison) -> str:
        return "agrees" if comparison.error <= self.tolerance else "DIFFERS"


def compare(compute_loss: ComputeLoss, network: nn.Module, h: float, entries: int | None = None) -> list[Comparison]:
    """Compares the two gradients of each parameter, and leaves network and random numbers as they were."""
    parameters = {name: each.detach().double() for name, each in trained(network).items()}
    draw_again = random_state(next(network.parameters()).device)
    with evaluated(compute_loss, network) as loss_with:
        leaves = {name: each.clone().requires_grad_() for name, each in parameters.items()}
        loss = loss_with(leaves)
        rounding = ROUNDING * torch.finfo(loss.dtype).eps * abs(loss.item()) / h
        by_rules = torch.autograd.grad(loss, list(leaves.values()), materialize_grads=True)
        found = []
        for (name, parameter), rule in zip(parameters.items(), by_rules, strict=True):
            chosen = _sample(parameter, entries)
            numbers = by_differences(loss_with, name, parameter, h, central, chosen)
            found.append(_comparison(name, parameter, rule.flatten()[chosen], numbers, rounding))
    draw_again()
    return found


def _sample(parameter: Tensor, entries: int | None) -> Tensor:
    """Which of its numbers are compared: the same ones each time, by a generator of their own."""
    count = parameter.numel() if entries is None else min(entries, parameter.numel())
    order = torch.randperm(parameter.numel(), generator=torch.Generator().manual_seed(0))
    return order[:count].to(parameter.device)


def _comparison(name: str, parameter: Tensor, rule: Tensor, numbers: Tensor, rounding: float) -> Comparison:
    size = torch.maximum(rule.abs(), numbers.abs())
    largest = float(size.max())
    errors = (rule - numbers).abs() / size.clamp(min=max(SMALL * largest, rounding))
    return Comparison(name, tuple(parameter.shape), len(rule), largest, float(errors.max()))


def _cells(comparison: Comparison) -> tuple[str, ...]:
    shape = " x ".join(map(str, comparison.shape))
    return comparison.name, shape, f"{comparison.checked:,}", f"{comparison.largest:.2e}", f"{comparison.error:.1e}"


def _aligned(rows: Iterable[Sequence[str]]) -> list[str]:
    rows = list(rows)
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return ["  ".join(f"{cell:{width}}" for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
