"""Best checkpoint and early stopping that look at the monitored metric only when it has just been measured.

Lightning's own look at every epoch's end: where validation comes every few epochs, at a value that is epochs old.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from lightning.pytorch import LightningModule, Trainer
from lightning.pytorch.callbacks import EarlyStopping, ModelCheckpoint

from lightlab.callbacks.running import module_of


class BestCheckpoint(ModelCheckpoint):
    """Keeps checkpoints/best.ckpt; its score outlives a move of the run's folder."""

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        if module_of(pl_module).is_fresh(str(self.monitor)):
            super().on_train_epoch_end(trainer, pl_module)

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """With the paths as they are now: Lightning would forget the best score when the folder has moved."""
        here = Path(str(self.dirpath))
        moved = {key: str(here / Path(state_dict[key]).name) if state_dict.get(key) else "" for key in _PATHS}
        best = {str(here / Path(path).name): score for path, score in state_dict["best_k_models"].items()}
        super().load_state_dict({**state_dict, **moved, "best_k_models": best, "dirpath": self.dirpath})


class FreshEarlyStopping(EarlyStopping):
    """`patience` counts validations, not epochs."""

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        if module_of(pl_module).is_fresh(str(self.monitor)):
            super().on_train_epoch_end(trainer, pl_module)


_PATHS = ("best_model_path", "kth_best_model_path", "last_model_path")
