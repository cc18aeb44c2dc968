"""The base of the callbacks: typed access to what Lightning hands them."""

from __future__ import annotations

from lightning.pytorch import Callback, LightningModule, Trainer

from lightlab.data.base import ResidentDataModule
from lightlab.modules.supervised import SupervisedModule


def module_of(module: LightningModule) -> SupervisedModule:
    """The module that a callback is handed: all of ours are of this kind."""
    assert isinstance(module, SupervisedModule)
    return module


def data_of(trainer: Trainer) -> ResidentDataModule:
    return trainer.datamodule  # type: ignore[attr-defined]  # Lightning sets it where mypy does not look


def callbacks_of(trainer: Trainer) -> list[Callback]:
    return trainer.callbacks  # type: ignore[attr-defined]  # likewise


class Display(Callback):
    """Shows a run to people; the folds of a cross-validation, of which there may be a hundred, leave it out."""
