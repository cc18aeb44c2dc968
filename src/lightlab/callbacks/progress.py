"""Shows the network's layers at the start, and progress during training."""

from __future__ import annotations

import sys
import time
from typing import Any

import torch
from lightning.pytorch import Callback, LightningModule, Trainer
from lightning.pytorch.callbacks import RichProgressBar
from torch import Tensor, nn

from lightlab.callbacks.base import Display


def progress(refresh_rate: int = 10, seconds_between_lines: float = 0.1) -> Callback:
    """A rich bar where stdout is a terminal, else `PlainProgress`."""
    if sys.stdout.isatty():
        return RichProgressBar(refresh_rate=refresh_rate)
    return PlainProgress(seconds_between_lines)


class PlainProgress(Display):
    """One line an epoch; where epochs take no time, at most one every `seconds_between`, and the last."""

    def __init__(self, seconds_between: float = 0.1) -> None:
        self.seconds_between = seconds_between
        self._shown = self._started = 0.0

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self._started = time.perf_counter()

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        now = time.perf_counter()
        epoch = trainer.current_epoch + 1
        last = epoch == trainer.max_epochs
        if not last and now - self._shown < self.seconds_between:
            return
        self._shown = now
        losses_and_scores = trainer.progress_bar_metrics.items()  # of which the last validation's may be epochs old
        metrics = "  ".join(f"{name} {value:.4g}" for name, value in losses_and_scores)
        rate = trainer.optimizers[0].param_groups[0]["lr"]
        print(f"epoch {epoch}/{trainer.max_epochs}  {metrics}  lr {rate:.3g}  {now - self._started:.1f} s", flush=True)


class FirstStep(Callback):
    """Times the first step, in which torch.compile works, and the second one beside it."""

    def __init__(self) -> None:
        self.seconds: list[float] = []
        self._started = 0.0

    def on_train_batch_start(self, trainer: Trainer, pl_module: LightningModule, batch: Any, batch_idx: int) -> None:
        self._started = time.perf_counter()

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        if len(self.seconds) == 2:
            return
        float(outputs["loss"])  # waits for the device
        self.seconds.append(time.perf_counter() - self._started)
        if len(self.seconds) == 2:
            first, second = self.seconds
            print(f"compiled: the first step took {first:.1f} s, the second {second:.3g} s", flush=True)


class Summary(Display):
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
