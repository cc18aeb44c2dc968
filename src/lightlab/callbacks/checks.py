"""Stops a run whose loss is not finite, and warns of a network that cannot learn."""

import math
import sys
from typing import Any

from lightning.pytorch import Callback, LightningModule, Trainer
from torch import Tensor, nn
from torch.nn import BCEWithLogitsLoss, CrossEntropyLoss
from torch.optim import Optimizer
from torch.utils.hooks import RemovableHandle

from lightlab.callbacks import warning_signs
from lightlab.callbacks.base import Display, learning_rates, loggers_of, loss_of, module_of
from lightlab.callbacks.warning_signs import Finding
from lightlab.errors import LightlabError
from lightlab.modules.supervised import SupervisedModule
from lightlab.runs.media import add_text


class CheckFiniteLoss(Callback):
    """Checks every step's loss on the CPU; on a GPU, where checking means waiting, that of every `every`-th step.

    Raises:
        LightlabError: names the step and the learning rate. Nothing is saved from there on.
    """

    def __init__(self, every: int = 50) -> None:
        self.every = every

    def on_train_batch_end(self, trainer: Trainer, pl_module: LightningModule, outputs: Any, *_: Any) -> None:
        loss = loss_of(outputs)
        if loss is None:
            return
        if (loss.is_cpu or trainer.global_step % self.every == 0) and not math.isfinite(loss.item()):
            raise LightlabError(_explain(trainer, float(loss), exact=loss.is_cpu))

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Runs before the epoch's checkpoints are written."""
        loss = trainer.callback_metrics.get("loss/train")
        if loss is not None and not math.isfinite(loss):
            raise LightlabError(_explain(trainer, float(loss), exact=False))


def _explain(trainer: Trainer, loss: float, exact: bool) -> str:
    rate = next(iter(learning_rates(trainer).values()), math.nan)
    return (
        f"the loss is {loss} {'at' if exact else 'at or before'} step {trainer.global_step} (epoch "
        f"{trainer.current_epoch + 1}, learning rate {rate:.3g}); try optimizer.lr={rate / 10:.1g}, "
        f"trainer.gradient_clip_val=1 or another initializer"
    )


class TeachingChecks(Display):
    """Checks the first batch of training and of each validation, and reports each kind of finding once a run.

    Findings stand in the results as ``warnings`` and in the loggers as text.

    Args:
        init_from: skips the initial-loss check when the weights come from a checkpoint.
    """

    needs = (SupervisedModule,)

    def __init__(self, init_from: str | None = None) -> None:
        self.initialized = init_from is None
        self.reported: dict[str, str] = {}
        self._loss_due = self._gradients_due = False  # until the first batch, and the first step, have been checked
        self._hooks: list[RemovableHandle] = []
        self._outputs: dict[str, tuple[str, Tensor]] = {}

    @property
    def results(self) -> dict[str, str]:
        """What metrics.json holds."""
        return {"warnings": ", ".join(self.reported)} if self.reported else {}

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self._loss_due = self._gradients_due = trainer.global_step == 0
        if self._gradients_due:
            self._watch(module_of(pl_module))

    def on_before_optimizer_step(self, trainer: Trainer, pl_module: LightningModule, optimizer: Optimizer) -> None:
        if not self._gradients_due:
            return
        self._gradients_due = False
        network = module_of(pl_module).network
        symmetric = warning_signs.symmetric_units(network)
        self._report(trainer, symmetric)
        if symmetric is None:  # which explains all that follows
            self._report(trainer, warning_signs.vanishing_gradients(network))
            self._report(trainer, warning_signs.dead_units(self._outputs))
            self._report(trainer, warning_signs.saturated_units(self._outputs))
        self._unwatch()

    def on_train_batch_end(self, trainer: Trainer, pl_module: LightningModule, outputs: Any, *_: Any) -> None:
        if not self._loss_due:
            return
        self._loss_due = False
        module = module_of(pl_module)
        classes = _classes(module)
        if self.initialized and classes:
            self._report(trainer, warning_signs.initial_loss(float(module.train_loss.compute()), classes))

    def on_validation_batch_start(
        self, trainer: Trainer, pl_module: LightningModule, batch: Any, batch_idx: int, dataloader_idx: int = 0
    ) -> None:
        if batch_idx == 0:
            self._watch(module_of(pl_module))

    def on_validation_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int, *_: Any
    ) -> None:
        if batch_idx == 0:
            self._report(trainer, warning_signs.dead_units(self._outputs))
            self._report(trainer, warning_signs.stuck_units(self._outputs))
            self._unwatch()

    def on_exception(self, trainer: Trainer, pl_module: LightningModule, exception: BaseException) -> None:
        self._unwatch()

    def state_dict(self) -> dict[str, Any]:
        return {"reported": dict(self.reported)}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self.reported = dict(state_dict["reported"])

    def _watch(self, module: SupervisedModule) -> None:
        if module.is_compiled:  # a hook would make torch compile it again
            return
        for name, layer in warning_signs.watched(module.network):

            def keep(layer: nn.Module, inputs: Any, output: Tensor, name: str = name) -> None:
                self._outputs[name] = (type(layer).__name__, output.detach())

            self._hooks.append(layer.register_forward_hook(keep))

    def _unwatch(self) -> None:
        for hook in self._hooks:
            hook.remove()
        self._hooks, self._outputs = [], {}

    def _report(self, trainer: Trainer, finding: Finding | None) -> None:
        if finding is None or finding.name in self.reported:
            return
        self.reported[finding.name] = finding.line
        print(f"! {finding.name}: {finding.line}", file=sys.stderr, flush=True)
        for logger in loggers_of(trainer):
            add_text(logger, f"warnings/{finding.name}", finding.line, trainer.global_step)


def _classes(module: SupervisedModule) -> int:
    """Returns the number of classes of the module's cross-entropy; 0 if its loss is another."""
    if isinstance(module.criterion, CrossEntropyLoss):
        return module.spec.output_size
    return 2 if isinstance(module.criterion, BCEWithLogitsLoss) else 0
