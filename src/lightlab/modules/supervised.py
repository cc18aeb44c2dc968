"""What every module that learns from labelled rows has in common."""

import sys
from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, Self

import torch
from lightning.pytorch import LightningModule
from torch import Tensor, nn
from torch.optim import SGD, Optimizer
from torchmetrics import Metric, MetricCollection

from lightlab.errors import UsageError
from lightlab.modules.metrics import RunningMean, at_least_single
from lightlab.optimization.gradients import ComputeLoss, autograd
from lightlab.optimization.schedulers import RunLength, Schedule, constant
from lightlab.spec import Spec


class SupervisedModule(LightningModule):
    """A network, its criterion, and how it is trained.

    Subclasses define `target`, `metrics` and `predict`. Losses and metrics add up on the device and are logged once an
    epoch, because `self.log` costs as much as a small network's whole step.

    Args:
        criterion: ``(outputs, targets) -> scalar``.
        optimizer: ``(named parameters) -> Optimizer``.
        scheduler: ``(optimizer, run) -> Schedule``.
        gradient: fills the parameters' ``.grad``; see `lightlab.optimization.gradients`.
        run_length: over which schedules are drawn.
        monitor: name of the metric that the plateau scheduler watches.
        metrics: further ones, by the names that they are logged with; updated as those of the method `metrics` are.

    Attributes:
        is_compiled: whether `network` has been compiled.
        outputs_per_row: for the last batch; more than one for an ensemble in training.
        schedule: None before training.
    """

    target: str  # the Spec.target that this module learns
    # The options of predict.py that it takes, beside those of every task.
    predict_options: tuple[str, ...] = ("input", "batch_size", "figure")
    decoded = "outputs"  # what `decode` returns
    text_column = ""  # of a table of predictions: is printed as it is, a line a row, in place of the table

    def __init__(
        self,
        network: nn.Module,
        spec: Spec,
        criterion: nn.Module,
        optimizer: Callable[..., Optimizer] = SGD,
        scheduler: Callable[[Optimizer, RunLength], Schedule] = constant,
        gradient: Callable[[Tensor, ComputeLoss, nn.Module], None] = autograd,
        run_length: RunLength | None = None,
        monitor: str | None = "loss/train",
        metrics: Mapping[str, Metric] | None = None,
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
        self.is_compiled = False
        self.outputs_per_row = 1
        self.train_loss, self.val_loss, self.test_loss = RunningMean(), RunningMean(), RunningMean()
        self._further_metrics = dict(metrics or {})  # a plain dict: the copies alone are parts of the module
        self.val_metrics, self.test_metrics = self.all_metrics(), self.all_metrics()
        self._batch: Any = None
        self.batches_per_step = 1

    @classmethod
    def load_from_checkpoint(  # type: ignore[override]
        cls, checkpoint_path: str | Path, map_location: Any = None, *, allow: Sequence[str] = (), **options: Any
    ) -> Self:
        """Returns the module of a run's checkpoint, with its network, optimizer and weights, in training mode.

        Only tensors and plain containers are read, and only parts of lightlab and torch are built, whatever
        ``weights_only`` says. The schedule is not restored: it belongs to the length of a run.

        Args:
            allow: packages whose parts may be built too.
            options: Lightning's; with ``network=``, all arguments of the class, and Lightning's own way of loading.

        Raises:
            DataError: the file is no checkpoint of lightlab, is damaged, or names parts that are not trusted.
            UsageError: it holds a module of another class.
        """
        if "network" in options:
            return super().load_from_checkpoint(checkpoint_path, map_location, **options)
        # By name, because it stands above the modules, and is needed here alone.
        load_module = import_module("lightlab.prediction.predict").load_module
        module = load_module(Path(checkpoint_path), allow)
        if not isinstance(module, cls):
            raise UsageError(f"{checkpoint_path}: holds a {type(module).__name__}, not a {cls.__name__}")
        return module if map_location is None else module.to(map_location)

    def __setattr__(self, name: str, value: Any) -> None:
        """Sets a string or None at once where one was before, without `nn.Module`'s search for parameters.

        Lightning notes each hook's name on the module, forty times a step: 0.25 µs a time instead of 1.3.
        """
        if (value is None or type(value) is str) and name in vars(self):
            vars(self)[name] = value
        else:
            super().__setattr__(name, value)

    @abstractmethod
    def metrics(self) -> MetricCollection:
        """Returns new metrics, by the names that they are logged with."""

    def all_metrics(self) -> MetricCollection:
        """Returns new metrics: those of `metrics`, and those that the config adds."""
        metrics = self.metrics()
        metrics.add_metrics({name: metric.clone() for name, metric in self._further_metrics.items()})
        return metrics

    def unpack(self, batch: Any) -> tuple[Tensor, Tensor]:
        """Returns the inputs and targets of a batch; override it for batches of another form.

        Raises:
            UsageError: it is neither a pair nor a mapping with ``inputs`` and ``targets``.
        """
        if isinstance(batch, (tuple, list)) and len(batch) == 2:
            return batch[0], batch[1]
        if isinstance(batch, Mapping) and {"inputs", "targets"} <= batch.keys():
            return batch["inputs"], batch["targets"]
        form = f"a mapping with {', '.join(map(str, batch))}" if isinstance(batch, Mapping) else type(batch).__name__
        size = f" of {len(batch)}" if isinstance(batch, (tuple, list)) else ""
        raise UsageError(
            f"data: a batch is {form}{size}; {type(self).__name__} takes (inputs, targets), or a mapping with both; "
            "its method unpack may be overridden"
        )

    @abstractmethod
    def predict(self, outputs: Tensor) -> dict[str, list[Any]]:
        """Returns the columns of the table of predictions, from the network's outputs (N, output_size)."""

    def decode(self, outputs: Tensor) -> Tensor:
        """Returns what the table of predictions is made from, such as probabilities; named by `decoded`."""
        return outputs

    def query(self, options: dict[str, Any]) -> dict[str, list[Any]]:
        """Returns the columns of a table for the given options; for modules that take no input."""
        raise NotImplementedError

    def update_metrics(self, metrics: MetricCollection, outputs: Tensor, targets: Tensor) -> None:
        """Adds a batch to `metrics`, converted as they need it."""
        metrics.update(outputs, targets)

    def compute_loss(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """Returns the criterion's loss of a batch."""
        return self.criterion(outputs, targets)

    def train_loss_metrics(self, loss: Tensor) -> dict[str, Tensor]:
        """Returns the metrics that follow from an epoch's training loss."""
        return {}

    def count(self, targets: Tensor) -> Tensor | int:
        """Returns the number of targets that a batch's loss is a mean of: its weight in an epoch's mean loss."""
        return len(targets)

    def forward(self, x: Tensor) -> Tensor:
        return self.network(x)

    def example_inputs(self) -> Tensor:
        """Returns a few inputs on the weights' device and of their dtype; tokens stay whole numbers."""
        inputs, weight = self.example_input_array, next(self.network.parameters())
        assert isinstance(inputs, Tensor)
        return inputs.to(weight if inputs.is_floating_point() else weight.device)

    def training_step(self, batch: Any, batch_idx: int) -> Tensor:
        batch = self.unpack(batch)
        loss = self._loss(batch)
        self._batch = batch
        self.train_loss.add(*self._sum_and_count(loss.detach() / self.outputs_per_row, batch))
        return loss

    def train(self, mode: bool = True) -> Self:
        """Sets the mode of all layers; norm layers whose parameters are frozen keep their running statistics."""
        super().train(mode)
        self._rest_frozen_norms()
        return self

    def _rest_frozen_norms(self) -> None:
        for layer in self.modules():
            parameters = list(layer.parameters(recurse=False))
            if hasattr(layer, "running_mean") and parameters and not any(each.requires_grad for each in parameters):
                layer.eval()

    def on_train_start(self) -> None:
        self._rest_frozen_norms()  # again: callbacks may have set the mode of the network alone
        self.batches_per_step = self.trainer.accumulate_grad_batches

    def on_train_epoch_start(self) -> None:
        self.batches_per_step = self.trainer.accumulate_grad_batches  # which may change from epoch to epoch

    def backward(self, loss: Tensor, *args: Any, **kwargs: Any) -> None:
        if self._sums() and self.trainer.world_size > 1:
            loss = loss * self.trainer.world_size  # the gradients of several processes are averaged, not added up
        self.gradient(loss, self._loss_again, self.network)

    def validation_step(self, batch: Any, batch_idx: int) -> Tensor:
        return self._evaluate(batch, self.val_loss, self.val_metrics)

    def test_step(self, batch: Any, batch_idx: int) -> Tensor:
        return self._evaluate(batch, self.test_loss, self.test_metrics)

    def predict_step(self, batch: Any, batch_idx: int) -> dict[str, list[Any]]:
        """Returns the columns of the table of predictions for a batch, or for inputs alone."""
        return self.predict(at_least_single(self(batch if isinstance(batch, Tensor) else self.unpack(batch)[0])))

    def on_validation_epoch_end(self) -> None:
        self._log("val", self.val_loss, self.val_metrics)

    def on_test_epoch_end(self) -> None:
        self._log("test", self.test_loss, self.test_metrics)

    def end_train_epoch(self, is_monitored: bool) -> None:
        """Logs the epoch's training loss and steps a plateau scheduler; the callback `EndTrainEpoch` calls it.

        `is_monitored` says whether the monitored metric has a value of this epoch.

        Lightning would step a plateau scheduler only after the checkpoint has been written, which would then lack that
        step; so `configure_optimizers` has it never do so.
        """
        loss = self.train_loss.compute(self._total)
        self.train_loss.reset()
        self.log("loss/train", loss, prog_bar=True)
        for name, value in self.train_loss_metrics(loss).items():
            self.log(f"{name}/train", value)
        if self.schedule and self.schedule.interval == "validation" and is_monitored:
            assert self.schedule.scheduler is not None
            assert self.monitor is not None
            self.schedule.scheduler.step(self.trainer.callback_metrics[self.monitor])  # type: ignore[arg-type]

    def configure_optimizers(self) -> Any:
        optimizer = self.make_optimizer(self.named_parameters())
        self.schedule = self.make_schedule(optimizer, self.run_length)
        if self.schedule.scheduler is None:
            return optimizer
        config: dict[str, Any] = {"scheduler": self.schedule.scheduler, "interval": self.schedule.interval}
        if self.schedule.interval == "validation":
            config |= {"interval": "epoch", "frequency": sys.maxsize, "monitor": self.monitor}
        return {"optimizer": optimizer, "lr_scheduler": config}

    def configure_gradient_clipping(
        self,
        optimizer: Optimizer,
        gradient_clip_val: float | None = None,
        gradient_clip_algorithm: str | None = None,
    ) -> None:
        """Clips as Lightning does, which under bf16-mixed refuses fused optimizers, though it scales nothing there."""
        if not gradient_clip_val:
            return
        clip = nn.utils.clip_grad_value_ if gradient_clip_algorithm == "value" else nn.utils.clip_grad_norm_
        clip(self.parameters(), gradient_clip_val)

    def _total(self, value: Tensor | float) -> Tensor | float:
        """Returns the sum over all processes."""
        if self.trainer.world_size == 1:
            return value
        return self.trainer.strategy.reduce(torch.as_tensor(value, device=self.device), reduce_op="sum")

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        checkpoint["train_loss"] = self.train_loss.state(self._total)
        checkpoint["steps"] = self.run_length.steps

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        if self.global_rank == 0:  # the sum over all processes
            self.train_loss.load(checkpoint["train_loss"])

    def _loss_again(self, forward: Callable[..., Tensor] | None = None, dtype: torch.dtype | None = None) -> Tensor:
        """Returns the last batch's loss, or its share where gradients of several batches are added; see `autograd`."""
        batch = tuple(part.to(dtype) if part.is_floating_point() else part for part in self._batch)
        return self._loss(batch, forward) / self.batches_per_step

    def _loss(self, batch: tuple[Tensor, ...], forward: Callable[..., Tensor] | None = None) -> Tensor:
        inputs, targets = batch
        outputs = (forward or self)(inputs)
        copies = self.outputs_per_row = len(outputs) // len(targets)
        if copies == 1:
            return self.compute_loss(outputs, targets)
        # An ensemble in training returns its members' outputs one after another; each learns as if it were alone.
        loss = self.compute_loss(outputs, targets.repeat(copies, *[1] * (targets.ndim - 1)))
        return loss if self._sums() else loss * copies

    def _evaluate(self, batch: Any, mean: RunningMean, metrics: MetricCollection) -> Tensor:
        inputs, targets = self.unpack(batch)
        outputs = at_least_single(self(inputs))
        mean.add(*self._sum_and_count(self.compute_loss(outputs, targets), (inputs, targets)))
        self.update_metrics(metrics, outputs, targets)
        return outputs

    def _log(self, stage: str, mean: RunningMean, metrics: MetricCollection) -> None:
        values = {f"{name}/{stage}": value for name, value in metrics.compute().items()}
        self.log_dict({f"loss/{stage}": mean.compute(self._total)} | values, prog_bar=stage == "val")
        mean.reset()
        metrics.reset()

    def _sum_and_count(self, loss: Tensor, batch: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor | int]:
        """Returns a batch's summed loss and its targets: a mean is logged, whatever the criterion's reduction."""
        count = self.count(batch[1])
        loss = at_least_single(loss)
        return loss if self._sums() else loss * count, count

    def _sums(self) -> bool:
        return getattr(self.criterion, "reduction", "mean") == "sum"
