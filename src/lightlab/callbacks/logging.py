"""Logs metrics: metrics.csv, curves by step, gradient norms by layer."""

import csv
import time
from functools import partial
from pathlib import Path
from typing import Any

from lightning.pytorch import Callback, LightningModule, Trainer
from lightning.pytorch.callbacks import Checkpoint
from torch import Tensor
from torch.nn.utils import get_total_norm
from torch.optim import Optimizer

from lightlab.callbacks.base import Display, learning_rates, loss_of, module_of
from lightlab.callbacks.monitoring import is_fresh, stale_metrics
from lightlab.callbacks.pictures import save_picture
from lightlab.files import whole_file
from lightlab.modules.supervised import SupervisedModule
from lightlab.plots.curves import layer_gradients_figure
from lightlab.runs.results import read_epochs


class EndTrainEpoch(Callback):
    """Has the module log its training loss and step a plateau scheduler.

    It must stand first: Lightning runs a module's own `on_train_epoch_end` after the callbacks', and steps plateau
    schedulers after the checkpoint is written.
    """

    needs = (SupervisedModule,)

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        module = module_of(pl_module)
        module.end_train_epoch(is_fresh(trainer, module.monitor))


class MetricsCsv(Checkpoint):
    """Columns: epoch (from 1), step, seconds since the start, learning_rate, then every metric of the run.

    Further optimizers have a ``learning_rate_2`` and so on. It is a `Checkpoint`, so that Lightning calls it after the
    module's own hook, and stands before those that save.

    Each row is on disk when its epoch ends. A resumed run drops the rows after its checkpoint, so that an epoch stands
    in the file once. A metric that is not measured every epoch leaves its cell empty.
    """

    def __init__(self) -> None:
        self.rows: list[dict[str, str]] = []
        self._started = 0.0

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self.path = Path(trainer.default_root_dir) / "metrics.csv"
        saved = read_epochs(self.path.parent).cells
        self.rows = [row for row in saved if int(row["epoch"]) <= trainer.current_epoch]
        self._write_all()
        self._started = time.perf_counter() - (float(self.rows[-1].get("seconds") or 0) if self.rows else 0.0)

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        row = {
            "epoch": str(trainer.current_epoch + 1),
            "step": str(trainer.global_step),
            "seconds": f"{time.perf_counter() - self._started:.2f}",
            **{name: f"{rate:.6g}" for name, rate in learning_rates(trainer).items()},
        }
        metrics = trainer.callback_metrics
        twins = {f"{name}_{end}" for name in metrics for end in ("step", "epoch")}  # of a metric that is logged at both
        left_out = twins | stale_metrics(trainer)
        row |= {name: f"{float(value):.6g}" for name, value in metrics.items() if name not in left_out}
        self.rows.append(row)
        if not row.keys() <= set(self._columns):
            self._write_all()
            return
        with self.path.open("a", newline="", encoding="utf-8") as file:
            csv.DictWriter(file, self._columns, lineterminator="\n").writerow(row)

    def _write_all(self) -> None:
        self._columns = list(dict.fromkeys(name for row in self.rows for name in row))
        with whole_file(self.path) as unfinished, unfinished.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, self._columns, lineterminator="\n")
            writer.writeheader()
            writer.writerows(self.rows)


class StepCurves(Display):
    """Logs loss, gradient norm and learning rate every `every` steps, straight to the loggers.

    `self.log` would cost as much as the step.
    """

    def __init__(self, every: int) -> None:
        self.every = every
        self._norm: Tensor | None = None

    def on_before_optimizer_step(self, trainer: Trainer, pl_module: LightningModule, optimizer: Optimizer) -> None:
        step = trainer.global_step + 1
        if (step == 1 or step % self.every == 0) and trainer.loggers:
            gradients = [parameter.grad for parameter in pl_module.parameters() if parameter.grad is not None]
            self._norm = get_total_norm(gradients)

    def on_train_batch_end(self, trainer: Trainer, pl_module: LightningModule, outputs: Any, *_: Any) -> None:
        if self._norm is None:
            return
        values = {"gradient_norm": float(self._norm), **learning_rates(trainer)}
        if (loss := loss_of(outputs)) is not None:
            share = trainer.accumulate_grad_batches / getattr(pl_module, "outputs_per_row", 1)
            values["loss/step"] = float(loss) * share
        self._norm = None
        for logger in trainer.loggers:
            logger.log_metrics(values, step=trainer.global_step)


class LayerGradients(Display):
    """Writes figures/layer_gradients.png: the norm of each weight matrix's gradient, its mean over an epoch's steps.

    TensorBoard shows the same curves as ``gradient_norm/<layer>``.
    """

    needs = (SupervisedModule,)

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
        means = {layer: float(total) / self._steps for layer, total in self._sums.items()}
        self._sums, self._steps = {}, 0
        self.epochs.append(trainer.current_epoch + 1)
        for layer, norm in means.items():
            self.norms.setdefault(layer, []).append(norm)
        for logger in trainer.loggers:
            logger.log_metrics({f"gradient_norm/{layer}": norm for layer, norm in means.items()}, trainer.global_step)

    def on_fit_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        if self.norms:
            save_picture(trainer, "layer_gradients", partial(layer_gradients_figure, self.epochs, self.norms))

    def state_dict(self) -> dict[str, Any]:
        return {"norms": {name: list(values) for name, values in self.norms.items()}, "epochs": list(self.epochs)}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self.norms, self.epochs = state_dict["norms"], state_dict["epochs"]
