"""Shows the network's layers at the start, and progress during training."""

import sys
import time
from typing import Any

import torch
from lightning.pytorch import Callback, LightningModule, Trainer
from lightning.pytorch.callbacks import RichProgressBar
from lightning.pytorch.utilities.model_summary import LayerSummary, summarize
from rich.console import Console
from rich.table import Table
from torch import Tensor, nn

from lightlab.callbacks.base import Display, learning_rates, loss_of, module_of
from lightlab.modules.supervised import SupervisedModule


def progress(refresh_rate: int = 10, seconds_between_lines: float = 0.1) -> Callback:
    """Returns a rich bar where stdout is a terminal, else `PlainProgress`."""
    if sys.stdout.isatty():
        return RichProgressBar(refresh_rate=refresh_rate)
    return PlainProgress(seconds_between_lines)


class PlainProgress(Display):
    """Prints a line an epoch; where epochs are short, at most one every `seconds_between`, and the last."""

    def __init__(self, seconds_between: float = 0.1) -> None:
        self.seconds_between = seconds_between
        self._shown = self._started = 0.0

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self._started = time.perf_counter()

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        now = time.perf_counter()
        epoch = trainer.current_epoch + 1
        if epoch != trainer.max_epochs and now - self._shown < self.seconds_between:
            return
        self._shown = now
        # Those of the last validation may be epochs old.
        metrics = "  ".join(f"{name} {value:.4g}" for name, value in trainer.progress_bar_metrics.items())
        rates = ", ".join(f"{rate:.3g}" for rate in learning_rates(trainer).values())
        print(f"epoch {epoch}/{trainer.max_epochs}  {metrics}  lr {rates}  {now - self._started:.1f} s", flush=True)


class CompileTime(Callback):
    """Prints the time of the first step, in which torch.compile works, and of the second one beside it."""

    def __init__(self) -> None:
        self.seconds: list[float] = []
        self._started = 0.0

    def on_train_batch_start(self, *_: Any) -> None:
        self._started = time.perf_counter()

    def on_train_batch_end(self, trainer: Trainer, pl_module: LightningModule, outputs: Any, *_: Any) -> None:
        if len(self.seconds) == 2:
            return
        if (loss := loss_of(outputs)) is not None:
            loss.item()  # waits for the device
        self.seconds.append(time.perf_counter() - self._started)
        if len(self.seconds) == 2:
            first, second = self.seconds
            print(f"compiled: the first step took {first:.1f} s, the second {second:.3g} s", flush=True)


class LayerTable(Display):
    """Prints the network's layers, a line each, before the first epoch.

    Lightning's `ModelSummary` runs the module's `forward`, which need not reach every layer, and counts operations too.
    A module that is not lightlab's own gets Lightning's, of its direct children.
    """

    def on_fit_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        if not isinstance(pl_module, SupervisedModule):
            print(summarize(pl_module, max_depth=1), flush=True)
            return
        module = module_of(pl_module)
        width = None if sys.stdout.isatty() else 200  # a file gets no line broken
        Console(width=width, highlight=False).print(layer_table(module.network, module.example_inputs()))
        for line in layer_notes(module):
            print(line, flush=True)


def layer_table(network: nn.Module, example: Tensor) -> Table:
    """Returns each layer's name, class, output shape for `example` (N, …) and parameters, and the total."""
    layers = {name: LayerSummary(layer) for name, layer in network.named_modules() if name and not [*layer.children()]}
    was_training = network.training
    with torch.no_grad():
        network.eval()(example)
    network.train(was_training)
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="", show_footer=True)
    total = sum(parameter.numel() for parameter in network.parameters())
    table.add_column("layer", type(network).__name__)
    table.add_column("")
    table.add_column("output shape")
    table.add_column("parameters", f"{total:,}", justify="right")
    for name, layer in layers.items():
        layer.detach_hook()
        count = f"{layer.num_parameters:,}" if layer.num_parameters else ""
        table.add_row(name, layer.layer_type, _shape(layer.out_size), count)
    return table


def _shape(size: Any) -> str:
    """``[2, 6, 28]`` → ``(N, 6, 28)``; cells return their state as well, and layers that did not run have no size."""
    if not isinstance(size, list):
        return ""
    size = size[0] if isinstance(size[0], list) else size
    return f"({', '.join(['N', *map(str, size[1:])])})"


def layer_notes(module: nn.Module) -> list[str]:
    """Returns one line on which layers are written by hand, if any are, and one on each kind that cannot learn."""
    kinds = {type(layer) for layer in module.modules() if not list(layer.children())}
    by_hand, torchs = (
        ", ".join(sorted(kind.__name__ for kind in kinds if kind.__module__.startswith(home)))
        for home in ("lightlab.scratch.", "torch.nn.")
    )
    notes = sorted(kind.note for kind in kinds if hasattr(kind, "note"))
    return [f"written out by hand: {by_hand}; PyTorch's: {torchs or 'none'}", *notes] if by_hand else notes
