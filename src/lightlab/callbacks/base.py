"""Typed access to the parts of a run, and a group of callbacks that Lightning calls as one."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from lightning.pytorch import Callback, LightningDataModule, LightningModule, Trainer
from lightning.pytorch.loggers import Logger
from torch import Tensor

from lightlab.data.base import ResidentDataModule
from lightlab.modules.supervised import SupervisedModule


class Display(Callback):
    """Base class of callbacks that only display a run; folds skip them.

    Attributes:
        needs: of any callback: kinds of module and of data module that it cannot do without; see `suits`.
    """

    needs: tuple[type, ...] = ()


def suits(callback: Callback, module: LightningModule, data: LightningDataModule) -> bool:
    """Whether a run with this module and data has all that the callback ``needs``; otherwise the run leaves it out."""
    return all(isinstance(module, kind) or isinstance(data, kind) for kind in getattr(callback, "needs", ()))


class CallbackGroup(Callback):
    """Runs several callbacks as one, each only at the hooks that it defines.

    Lightning calls every hook of every callback at every step. With the default callbacks, most of whose hooks are
    empty, that takes a quarter of a small network's step: 150 of 680 µs.
    """

    def __init__(self, callbacks: Sequence[Callback]) -> None:
        self.callbacks = callbacks
        self.defining = {
            hook: [callback for callback in callbacks if getattr(type(callback), hook) is not getattr(Callback, hook)]
            for hook in _HOOKS
        }

    def state_dict(self) -> dict[str, Any]:
        states = {callback.state_key: callback.state_dict() for callback in self.callbacks}
        return {key: state for key, state in states.items() if state}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        for callback in self.callbacks:
            if callback.state_key in state_dict:
                callback.load_state_dict(state_dict[callback.state_key])


def _forwarding(hook: str) -> Callable[..., None]:
    def forward(self: CallbackGroup, *arguments: Any, **options: Any) -> None:
        for callback in self.defining[hook]:
            getattr(callback, hook)(*arguments, **options)

    return forward


_HOOKS = [name for name in vars(Callback) if name.startswith("on_") or name in ("setup", "teardown")]
for _hook in _HOOKS:
    setattr(CallbackGroup, _hook, _forwarding(_hook))


def module_of(module: LightningModule) -> SupervisedModule:
    """Returns the module that Lightning passes to a callback, which must list the kind in its ``needs``."""
    assert isinstance(module, SupervisedModule)
    return module


def data_of(trainer: Trainer) -> ResidentDataModule:
    return trainer.datamodule  # type: ignore[attr-defined]  # Lightning sets it where mypy does not look


def callbacks_of(trainer: Trainer) -> list[Callback]:
    """Returns the callbacks, those in a group one by one."""
    callbacks: list[Callback] = trainer.callbacks  # type: ignore[attr-defined]  # likewise
    return [
        member
        for callback in callbacks
        for member in (callback.callbacks if isinstance(callback, CallbackGroup) else [callback])
    ]


def loggers_of(trainer: Trainer) -> list[Logger]:
    """Returns the loggers for pictures and text, which `lightlab.runs.media` passes on; none on ranks above 0."""
    return trainer.loggers if trainer.is_global_zero else []


def loss_of(outputs: Any) -> Tensor | None:
    """Returns the loss in what Lightning gives `on_train_batch_end`; None where the step returned none."""
    loss = outputs.get("loss") if isinstance(outputs, Mapping) else outputs
    return loss if isinstance(loss, Tensor) and loss.numel() == 1 else None


def learning_rates(trainer: Trainer) -> dict[str, float]:
    """Returns ``learning_rate`` of the first optimizer, ``learning_rate_2`` of the second and so on."""
    rates = [float(optimizer.param_groups[0]["lr"]) for optimizer in trainer.optimizers]
    return {f"learning_rate_{place}" if place > 1 else "learning_rate": rate for place, rate in enumerate(rates, 1)}


def is_due(trainer: Trainer, every: int) -> bool:
    """Whether this epoch ends `every` epochs, or is the last."""
    epoch = trainer.current_epoch + 1
    return epoch % every == 0 or epoch == trainer.max_epochs
