"""Did a linear model find the parameters that made its data?"""

from __future__ import annotations

import torch
from lightning.pytorch import Callback, LightningModule, Trainer
from torch import Tensor

from lightlab.callbacks.running import data_of, module_of


class Recovery(Callback):
    """Logs ``w_error/learnt``, ``b_error/learnt`` and the same of the closed-form least-squares answer.

    Each is the largest absolute difference from the parameters that generated the training rows; least squares is
    as near as those rows allow.
    """

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        if trainer.current_epoch + 1 != trainer.max_epochs and (trainer.current_epoch + 1) % 50:
            return
        module, split = module_of(pl_module), data_of(trainer).splits["train"]
        truth = module.spec.truth
        weight, bias = [parameter.detach().cpu().flatten() for parameter in module.network.parameters()]
        answers = {"learnt": torch.cat([weight, bias]), "least_squares": least_squares(split.inputs, split.targets)}
        true = torch.tensor([*truth["weight"], *truth["bias"]])
        for name, answer in answers.items():
            error = (answer - true).abs()
            pl_module.log_dict({f"w_error/{name}": error[:-1].max(), f"b_error/{name}": error[-1]})


def least_squares(inputs: Tensor, targets: Tensor) -> Tensor:
    """The (w, b) that minimise the squared error: (N, d), (N, 1) → (d + 1,)."""
    ones = torch.ones(len(inputs), 1)
    solution: Tensor = torch.linalg.lstsq(torch.cat([inputs, ones], dim=1).double(), targets.double()).solution
    return solution.flatten().float()
