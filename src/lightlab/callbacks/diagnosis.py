"""The error on training rows beside that on test rows, and what the two of them say."""

from __future__ import annotations

import torch
from lightning.pytorch import Trainer
from torch import Tensor

from lightlab.callbacks.judging import Judging, outputs_for
from lightlab.callbacks.running import data_of
from lightlab.data.resident import Split
from lightlab.diagnosis import Diagnosis, diagnose
from lightlab.modules.supervised import SupervisedModule


class ErrorDiagnosis(Judging):
    """Names high bias or high variance; the results are ``error/train``, ``error/test`` and ``diagnosis``.

    Both errors are those of the same weights, without dropout and augmentation.

    Args:
        acceptable: a training error above this is high bias.
        gap: a test error so much above the training error is high variance.
        most: of the training rows at most so many are looked at, and no more than there are test rows.
    """

    def __init__(self, acceptable: float = 0.10, gap: float = 0.05, most: int = 10_000) -> None:
        super().__init__()
        self.acceptable = acceptable
        self.gap = gap
        self.most = most

    def judge(self, trainer: Trainer, module: SupervisedModule, stage: str, outputs: Tensor, rows: Split) -> None:
        train = _sample(data_of(trainer).splits["train"], min(self.most, len(rows)))
        measure, test_error = _error(module, outputs, rows.targets)
        _, train_error = _error(module, outputs_for(trainer, module, train), train.targets.cpu())
        found = diagnose(train_error, test_error, self.acceptable, self.gap)
        self.results = {"error/train": train_error, f"error/{stage}": test_error, "diagnosis": found.verdict}
        self.words = _words(found, stage, f"{measure}, on {len(train):,} and {len(rows):,} rows")


def _sample(split: Split, rows: int) -> Split:
    """By chance, the same at every call."""
    order = torch.randperm(len(split), generator=torch.Generator().manual_seed(0))[:rows]
    return split.take(order.to(split.targets.device))


def _error(module: SupervisedModule, outputs: Tensor, targets: Tensor) -> tuple[str, float]:
    """1 − the module's own accuracy or R²."""
    metrics = module.metrics()
    module.update(metrics, outputs, targets)
    found = metrics.compute()
    name = "accuracy" if "accuracy" in found else "r2"
    return {"accuracy": "1 - accuracy", "r2": "1 - R²"}[name], 1 - float(found[name])


def _words(found: Diagnosis, stage: str, how: str) -> str:
    name = found.verdict if found.verdict != "neither" else "neither high bias nor high variance"
    remedy = f"; try {found.remedy}" if found.remedy else ""
    return (
        f"error        train {found.train_error:.1%}, {stage} {found.test_error:.1%} ({how})\n"
        f"diagnosis    {name}{remedy}"
    )
