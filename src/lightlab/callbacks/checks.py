"""Stops a run whose loss is not finite, and warns of a network that cannot learn."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from typing import Any

from lightning.pytorch import Callback, LightningModule, Trainer
from torch import Tensor, nn
from torch.nn import BCEWithLogitsLoss, CrossEntropyLoss
from torch.optim import Optimizer
from torch.utils.hooks import RemovableHandle

from lightlab.callbacks import findings as checks
from lightlab.callbacks.base import Display, module_of
from lightlab.callbacks.findings import Finding
from lightlab.errors import LightlabError
from lightlab.modules.supervised import SupervisedModule
from lightlab.runs.loggers import RunLogger


class FiniteLoss(Callback):
    """Looks at every step's loss on the CPU; on a GPU, where looking means waiting, at every `every`-th.

    Raises:
        LightlabError: names the step and the learning rate. Nothing is saved from there on.
    """

    def __init__(self, every: int = 50) -> None:
        self.every = every

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        loss = outputs["loss"]
        if (loss.is_cpu or trainer.global_step % self.every == 0) and not math.isfinite(loss.item()):
            raise LightlabError(_explain(trainer, float(loss), exact=loss.is_cpu))

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Before the epoch's checkpoints are written."""
        loss = float(trainer.callback_metrics["loss/train"])
        if not math.isfinite(loss):
            raise LightlabError(_explain(trainer, loss, exact=False))


def _explain(trainer: Trainer, loss: float, exact: bool) -> str:
    rate = trainer.optimizers[0].param_groups[0]["lr"]
    return (
        f"the loss is {loss} {'at' if exact else 'at or before'} step {trainer.global_step} (epoch "
        f"{trainer.current_epoch + 1}, learning rate {rate:.3g}); try optimizer.lr={rate / 10:.1g}, "
        f"trainer.gradient_clip_val=1 or another initializer"
    )


class TeachingChecks(Display):
    """Looks at the first batch of training and of each validation; each kind of finding is said once a run.

    Findings stand in the results as ``warnings`` and in TensorBoard as text.

    Args:
        init_from: where the first weights come from; only those of an initializer must start at the loss of guessing.
    """

    def __init__(self, init_from: str | None = None) -> None:
        self.fresh = init_from is None
        self.found: dict[str, str] = {}
        self._hooks: list[RemovableHandle] = []
        self._outputs: dict[str, tuple[str, Tensor]] = {}

    @property
    def results(self) -> dict[str, str]:
        """What metrics.json is to hold."""
        return {"warnings": ", ".join(self.found)} if self.found else {}

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Only the first step is looked at: Lightning skips a hook that is None, so that later ones cost nothing."""
        first = trainer.global_step == 0
        self.on_before_optimizer_step = self._look_at_gradients if first else None  # type: ignore[assignment,method-assign]
        self.on_train_batch_end = self._look_at_loss if first else None  # type: ignore[assignment,method-assign]
        if first:
            self._watch(pl_module)

    def on_validation_batch_start(
        self, trainer: Trainer, pl_module: LightningModule, batch: Any, batch_idx: int, dataloader_idx: int = 0
    ) -> None:
        if batch_idx == 0:
            self._watch(pl_module)

    def on_validation_batch_end(
        self,
        trainer: Trainer,
        pl_module: LightningModule,
        outputs: Any,
        batch: Any,
        batch_idx: int,
        dataloader_idx: int = 0,
    ) -> None:
        if batch_idx == 0:
            self._look_at_units(trainer, checks.stuck_units)

    def on_exception(self, trainer: Trainer, pl_module: LightningModule, exception: BaseException) -> None:
        self._unwatch()

    def state_dict(self) -> dict[str, Any]:
        return {"found": dict(self.found)}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self.found = dict(state_dict["found"])

    def _look_at_gradients(self, trainer: Trainer, pl_module: LightningModule, optimizer: Optimizer) -> None:
        self.on_before_optimizer_step = None  # type: ignore[assignment,method-assign]
        network = module_of(pl_module).network
        symmetric = checks.symmetric_units(network)
        self._say(trainer, symmetric)
        if symmetric is None:  # which explains all that follows
            self._say(trainer, checks.vanishing_gradients(network))
            self._look_at_units(trainer, checks.saturated_units)
        self._unwatch()

    def _look_at_loss(self, trainer: Trainer, pl_module: LightningModule, *batch: Any) -> None:
        self.on_train_batch_end = None  # type: ignore[assignment,method-assign]
        module = module_of(pl_module)
        classes = _classes(module)
        if self.fresh and classes:
            self._say(trainer, checks.initial_loss(float(module.train_loss.compute()), classes))

    def _look_at_units(
        self, trainer: Trainer, at_the_ends: Callable[[dict[str, tuple[str, Tensor]]], Finding | None]
    ) -> None:
        self._say(trainer, checks.dead_units(self._outputs))
        self._say(trainer, at_the_ends(self._outputs))
        self._unwatch()

    def _watch(self, module: LightningModule) -> None:
        network = module_of(module).network
        if network._compiled_call_impl is not None:  # a hook would have it compiled anew
            return
        for name, layer in checks.watched(network):

            def keep(layer: nn.Module, inputs: Any, output: Tensor, name: str = name) -> None:
                self._outputs[name] = (type(layer).__name__, output.detach())

            self._hooks.append(layer.register_forward_hook(keep))

    def _unwatch(self) -> None:
        for hook in self._hooks:
            hook.remove()
        self._hooks, self._outputs = [], {}

    def _say(self, trainer: Trainer, finding: Finding | None) -> None:
        if finding is None or finding.name in self.found:
            return
        self.found[finding.name] = finding.line
        print(f"! {finding.name}: {finding.line}", file=sys.stderr, flush=True)
        for logger in trainer.loggers:
            if isinstance(logger, RunLogger):
                logger.experiment.add_text(f"warnings/{finding.name}", finding.line, trainer.global_step)


def _classes(module: SupervisedModule) -> int:
    """Between how many classes a cross-entropy of the module's decides; 0 where its loss is another."""
    if isinstance(module.criterion, CrossEntropyLoss):
        return module.spec.output_size
    return 2 if isinstance(module.criterion, BCEWithLogitsLoss) else 0
