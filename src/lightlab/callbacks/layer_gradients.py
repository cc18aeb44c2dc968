"""How much of the gradient reaches each layer: what saturated activations leave of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from lightning.pytorch import LightningModule, Trainer
from torch import Tensor
from torch.optim import Optimizer

from lightlab.callbacks.looking import Looking
from lightlab.callbacks.running import module_of
from lightlab.figures.layer_gradients import layer_gradients_figure
from lightlab.figures.style import save
from lightlab.run_logger import RunLogger


class LayerGradients(Looking):
    """Writes figures/layer_gradients.png: the norm of each weight matrix's gradient, its mean over an epoch's steps.

    TensorBoard shows the same curves as ``gradient_norm/<layer>``.
    """

    def __init__(self) -> None:
        self.norms: dict[str, list[float]] = {}
        self.epochs: list[int] = []
        self._sums: dict[str, Tensor] = {}
        self._steps = 0

    def on_before_optimizer_step(self, trainer: Trainer, pl_module: LightningModule, optimizer: Optimizer) -> None:
        self._steps += 1
        for name, parameter in module_of(pl_module).network.named_parameters():
            if parameter.ndim >= 2 and parameter.grad is not None:
                layer = name.removesuffix(".weight")
                self._sums[layer] = self._sums.get(layer, 0) + parameter.grad.norm()

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        found = {layer: float(total) / self._steps for layer, total in self._sums.items()}
        self._sums, self._steps = {}, 0
        self.epochs.append(trainer.current_epoch + 1)
        for layer, norm in found.items():
            self.norms.setdefault(layer, []).append(norm)
        for logger in trainer.loggers:
            logger.log_metrics({f"gradient_norm/{layer}": norm for layer, norm in found.items()}, trainer.global_step)

    def on_fit_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        if not self.norms:
            return
        figure = layer_gradients_figure(self.epochs, self.norms)
        save(figure, Path(trainer.default_root_dir) / "figures" / "layer_gradients.png")
        for logger in trainer.loggers:
            if isinstance(logger, RunLogger):
                logger.experiment.add_figure("layer_gradients", figure, trainer.global_step)

    def state_dict(self) -> dict[str, Any]:
        return {"norms": {name: list(values) for name, values in self.norms.items()}, "epochs": list(self.epochs)}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self.norms, self.epochs = state_dict["norms"], state_dict["epochs"]
