"""What every module that learns from labelled rows has in common."""

from __future__ import annotations

import sys
from abc import abstractmethod
from collections.abc import Callable
from typing import Any

import torch
from lightning.pytorch import LightningModule
from torch import Tensor, nn
from torch.optim import SGD, Optimizer
from torchmetrics import MetricCollection

from lightlab.errors import UsageError
from lightlab.gradients import autograd
from lightlab.schedulers import RunLength, Schedule, constant
from lightlab.spec import Spec


class SupervisedModule(LightningModule):
    """A network, a criterion, and how the one learns from the other.

    A kind of learning defines `target`, `metrics` and `predict`. Losses and metrics add up on the device and are
    logged once an epoch, because `self.log` costs as much as a small network's whole step.

    Args:
        criterion: ``(outputs, targets) -> scalar``.
        optimizer: ``(parameters) -> Optimizer``.
        scheduler: ``(optimizer, run) -> Schedule``.
        gradient: fills the parameters' ``.grad``; see `lightlab.gradients`.
        run_length: which schedules are drawn over.
        monitor: name of the metric that the plateau scheduler watches.
    """

    target: str  # the Spec.target that this module learns

    def __init__(
        self,
        network: nn.Module,
        spec: Spec,
        criterion: nn.Module,
        optimizer: Callable[..., Optimizer] = SGD,
        scheduler: Callable[[Optimizer, RunLength], Schedule] = constant,
        gradient: Callable[[Tensor, Callable[[], Tensor], nn.Module], None] = autograd,
        run_length: RunLength | None = None,
        monitor: str = "loss/train",
    ) -> None:
        super().__init__()
        self.network = network
        self.spec = spec
        self.criterion = criterion
        self.make_optimizer = optimizer
        self.make_schedule = scheduler
        self.gradient = gradient
        self.run_length = run_length or RunLength(1, 1)
        self.monitor = monitor
        self.schedule: Schedule | None = None
        self.steps_before: int | None = None  # the length of the run that is being resumed
        self.train_loss, self.val_loss, self.test_loss = RunningMean(), RunningMean(), RunningMean()
        self._batch: Any = None
        self.val_metrics, self.test_metrics = self.metrics(), self.metrics()

    def __setattr__(self, name: str, value: Any) -> None:
        """What is set many times a step goes past `nn.Module`, which looks for parameters in each value."""
        if name in ("_current_fx_name", "_batch"):
            vars(self)[name] = value
        else:
            super().__setattr__(name, value)

    @abstractmethod
    def metrics(self) -> MetricCollection:
        """The metrics of this kind of learning, by the name that they are logged with."""

    @abstractmethod
    def predict(self, outputs: Tensor) -> dict[str, list[Any]]:
        """Columns of the table of predictions, from the network's outputs (N, output_size)."""

    def update(self, metrics: MetricCollection, outputs: Tensor, targets: Tensor) -> None:
        """Adds a batch to `metrics`, in the form that they take."""
        metrics.update(outputs, targets)

    def forward(self, x: Tensor) -> Tensor:
        return self.network(x)

    def training_step(self, batch: tuple[Tensor, Tensor], batch_idx: int) -> Tensor:
        loss = self._loss(batch)
        self._batch = batch
        self.train_loss.add(loss.detach(), self._weight(batch))
        return loss

    def backward(self, loss: Tensor, *args: Any, **kwargs: Any) -> None:
        self.gradient(loss, lambda: self._loss(self._batch), self.network)

    def validation_step(self, batch: tuple[Tensor, Tensor], batch_idx: int) -> Tensor:
        return self._evaluate(batch, self.val_loss, self.val_metrics)

    def test_step(self, batch: tuple[Tensor, Tensor], batch_idx: int) -> Tensor:
        return self._evaluate(batch, self.test_loss, self.test_metrics)

    def on_validation_epoch_end(self) -> None:
        self._log("val", self.val_loss, self.val_metrics)

    def on_test_epoch_end(self) -> None:
        self._log("test", self.test_loss, self.test_metrics)

    def end_train_epoch(self) -> None:
        """Logs the epoch's training loss and drives a plateau scheduler; a callback calls it before all others.

        Lightning would step a plateau scheduler only after the checkpoint has been written, which would then lack
        that step; so it is told never to, and the step is taken here.
        """
        self.log("loss/train", self.train_loss.compute(), prog_bar=True)
        self.train_loss.reset()
        validated = self.trainer.callback_metrics.keys() & {self.monitor} and self._monitor_is_fresh()
        if self.schedule and self.schedule.interval == "validation" and validated:
            assert self.schedule.scheduler is not None
            self.schedule.scheduler.step(self.trainer.callback_metrics[self.monitor])  # type: ignore[arg-type]

    def configure_optimizers(self) -> Any:
        optimizer = self.make_optimizer(self.parameters())
        self.schedule = self.make_schedule(optimizer, self.run_length)
        self._check_length(self.run_length.steps)
        if self.schedule.scheduler is None:
            return optimizer
        config: dict[str, Any] = {"scheduler": self.schedule.scheduler, "interval": self.schedule.interval}
        if self.schedule.interval == "validation":
            config |= {"interval": "epoch", "frequency": sys.maxsize, "monitor": self.monitor}
        return {"optimizer": optimizer, "lr_scheduler": config}

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        checkpoint["train_loss"] = self.train_loss.state()
        checkpoint["steps"] = self.run_length.steps

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        self.train_loss.load(checkpoint["train_loss"])

    def _loss(self, batch: tuple[Tensor, Tensor]) -> Tensor:
        inputs, targets = batch
        return self.criterion(self(inputs), targets)

    def _evaluate(self, batch: tuple[Tensor, Tensor], mean: RunningMean, metrics: MetricCollection) -> Tensor:
        inputs, targets = batch
        outputs = self(inputs).float()
        mean.add(self.criterion(outputs, targets), self._weight(batch))
        self.update(metrics, outputs, targets)
        return outputs

    def _log(self, stage: str, mean: RunningMean, metrics: MetricCollection) -> None:
        values = {f"{name}/{stage}": value for name, value in metrics.compute().items()}
        self.log_dict({f"loss/{stage}": mean.compute()} | values, prog_bar=stage == "val")
        mean.reset()
        metrics.reset()

    def _weight(self, batch: tuple[Tensor, Tensor]) -> int:
        """A loss that is already a sum over its batch counts once; a mean counts for each of its rows."""
        return 1 if getattr(self.criterion, "reduction", "mean") == "sum" else len(batch[1])

    def _monitor_is_fresh(self) -> bool:
        every = self.trainer.check_val_every_n_epoch or 1
        return self.monitor.endswith("/train") or (self.trainer.current_epoch + 1) % every == 0

    def _check_length(self, steps: int) -> None:
        before, schedule = self.steps_before, self.schedule
        if before in (None, steps) or schedule is None or schedule.when_extended == "same":
            return
        if schedule.when_extended == "refuse":
            raise UsageError(
                f"this run's schedule was drawn for {before} steps and ends at a learning rate near 0, so it cannot "
                f"go on to {steps}; start a new run with init_from= this one, or train one with another scheduler"
            )
        print(f"the learning rate's schedule is drawn again for {steps} steps; it was drawn for {before}")


class RunningMean:
    """A weighted mean that adds up on the device it is given values from, without waiting for them."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self.total: Tensor | float = 0.0
        self.weight = 0

    def add(self, value: Tensor, weight: int) -> None:
        self.total = self.total + value.float() * weight
        self.weight += weight

    def compute(self) -> Tensor:
        """The mean; NaN of nothing."""
        return torch.as_tensor(self.total) / self.weight if self.weight else torch.tensor(float("nan"))

    def state(self) -> dict[str, float]:
        return {"total": float(self.total), "weight": self.weight}

    def load(self, state: dict[str, Any]) -> None:
        self.total, self.weight = state["total"], state["weight"]
