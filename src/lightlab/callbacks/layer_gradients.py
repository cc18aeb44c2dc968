"""How much of the gradient reaches each layer: what saturated activations leave of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from lightning.pytorch import LightningModule, Trainer
from torch.optim import Optimizer

from lightlab.callbacks.looking import Looking
from lightlab.figures.layer_gradients import layer_gradients_figure
from lightlab.figures.style import save
from lightlab.run_logger import RunLogger


class LayerGradients(Looking):
    """Writes figures/layer_gradients.png: the norm of each weight matrix's gradient, at the first step of every epoch.

    TensorBoard shows the same curves as ``gradient_norm/<layer>``.
    """

    def __init__(self) -> None:
        self.norms: dict[str, list[float]] = {}
        self.epochs: list[int] = []

    def on_before_optimizer_step(self, trainer: Trainer, pl_module: LightningModule, optimizer: Optimizer) -> None:
        if self.epochs and self.epochs[-1] == trainer.current_epoch + 1:
            return
        self.epochs.append(trainer.current_epoch + 1)
        found = {
            name.removesuffix(".weight"): float(parameter.grad.norm())
            for name, parameter in pl_module.network.named_parameters()  # type: ignore[union-attr]
            if parameter.ndim >= 2 and parameter.grad is not None
        }
        for name, norm in found.items():
            self.norms.setdefault(name, []).append(norm)
        for logger in trainer.loggers:
            logger.log_metrics({f"gradient_norm/{name}": norm for name, norm in found.items()}, trainer.global_step)

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
