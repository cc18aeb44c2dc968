"""Shows the network at the start: each layer, the shape that it gives, its parameters."""

from __future__ import annotations

from typing import Any

import torch
from lightning.pytorch import LightningModule, Trainer
from torch import Tensor, nn

from lightlab.callbacks.looking import Looking


class Summary(Looking):
    """One line a layer, printed before the first epoch."""

    def on_fit_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        example = pl_module.example_input_array
        assert isinstance(example, Tensor)
        network = pl_module.network
        assert isinstance(network, nn.Module)
        print(summarize(network, like_weights(example, network)), flush=True)
        for line in remarks(pl_module):
            print(line, flush=True)


def like_weights(example: Tensor, network: nn.Module) -> Tensor:
    """On the weights' device and of their kind; tokens stay whole numbers."""
    weight = next(network.parameters())
    return example.to(weight if example.is_floating_point() else weight.device)


def summarize(network: nn.Module, example: Tensor) -> str:
    """The table, by one pass of `example` (N, …) in evaluation mode."""
    shapes = _output_shapes(network, example)
    rows = [("layer", "", "output shape", "parameters")]
    for name, layer in network.named_modules():
        if name and not list(layer.children()):
            count = sum(parameter.numel() for parameter in layer.parameters())
            rows.append((name, type(layer).__name__, shapes.get(name, ""), f"{count:,}" if count else ""))
    total = sum(parameter.numel() for parameter in network.parameters())
    rows.append((type(network).__name__, "", "", f"{total:,}"))
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    return "\n".join(
        "  ".join(f"{cell:{width}}" for cell, width in zip(row[:3], widths, strict=True)) + f"  {row[3]:>12}"
        for row in rows
    )


def remarks(module: nn.Module) -> list[str]:
    """What is to be said of its layers: which are written out by hand, and which cannot learn."""
    kinds = {type(layer) for layer in module.modules() if not list(layer.children())}
    hands, others = ({kind.__name__ for kind in kinds if kind.__module__.startswith(home)} for home in _HOMES)
    by_hand = f"written out by hand: {', '.join(sorted(hands))}; PyTorch's: {', '.join(sorted(others)) or 'none'}"
    return [by_hand] * bool(hands) + sorted(kind.remark for kind in kinds if hasattr(kind, "remark"))


_HOMES = ("lightlab.scratch.", "torch.nn.")


def _output_shapes(network: nn.Module, example: Tensor) -> dict[str, str]:
    shapes: dict[str, str] = {}

    def remember(name: str) -> Any:
        def hook(layer: nn.Module, inputs: Any, output: Any) -> None:
            output = output[0] if isinstance(output, tuple) else output  # what cells give beside their state
            if isinstance(output, Tensor):
                shapes[name] = f"({', '.join(['N', *map(str, output.shape[1:])])})"

        return hook

    hooks = [layer.register_forward_hook(remember(name)) for name, layer in network.named_modules()]
    was_training = network.training
    network.eval()
    with torch.no_grad():
        network(example)
    network.train(was_training)
    for hook in hooks:
        hook.remove()
    return shapes
