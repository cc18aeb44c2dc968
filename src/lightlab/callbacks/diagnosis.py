"""Names high bias and high variance, and compares learnt with true parameters."""

import math

import torch
from lightning.pytorch import Callback, LightningModule, Trainer
from torch import Tensor

from lightlab.callbacks.base import data_of, is_due, module_of
from lightlab.callbacks.evaluation import Evaluation, outputs_for
from lightlab.data.base import ResidentDataModule
from lightlab.data.loader import Rows, Split
from lightlab.modules.supervised import SupervisedModule

_REMEDIES = {
    "high bias": "a larger network, longer training, another learning rate or inputs that say more",
    "high variance": "more rows, augmentation, weight decay, dropout, early stopping or a smaller network",
    "high bias and high variance": "a network that suits the data better; then more rows or regularisation",
}


def diagnose(train_error: float, test_error: float, acceptable: float = 0.10, gap: float = 0.05) -> str:
    """Names high bias, high variance, both or neither, from errors such as 1 − accuracy or 1 − R².

    High bias: the network does not even learn the training rows, ``train_error > acceptable``. High variance: it does
    not generalise, ``test_error − train_error > gap``. Noise that nothing can predict counts as bias: raise
    `acceptable` to the error that is known to be reachable.

    >>> diagnose(0.05, 0.20), diagnose(0.20, 0.05), diagnose(0.01, 0.02)
    ('high variance', 'high bias', 'neither')
    """
    if not (math.isfinite(train_error) and math.isfinite(test_error)):
        return "not measurable"
    # Rounded, so that 0.15 − 0.10 is no more than 0.05.
    has_bias, has_variance = round(train_error - acceptable, 9) > 0, round(test_error - train_error - gap, 9) > 0
    return " and ".join(["high bias"] * has_bias + ["high variance"] * has_variance) or "neither"


class ErrorDiagnosis(Evaluation):
    """Names high bias or high variance; the results are ``error/train``, ``error/test`` and ``diagnosis``.

    Both errors are those of the same weights, without dropout and augmentation.

    Args:
        acceptable: a training error above this is high bias.
        gap: a test error so much above the training error is high variance.
        most: the largest number of training rows that are evaluated; never more than there are test rows.
    """

    def __init__(self, acceptable: float = 0.10, gap: float = 0.05, most: int = 10_000) -> None:
        super().__init__()
        self.acceptable = acceptable
        self.gap = gap
        self.most = most

    def evaluate(
        self, trainer: Trainer, module: SupervisedModule, stage: str, outputs: Tensor, targets: Tensor
    ) -> None:
        train = _sample(data_of(trainer).splits["train"], min(self.most, len(targets)))
        measure, test_error = _error(module, outputs, targets)
        _, train_error = _error(module, *outputs_for(trainer, train))
        diagnosis = diagnose(train_error, test_error, self.acceptable, self.gap)
        self.results = {"error/train": train_error, f"error/{stage}": test_error, "diagnosis": diagnosis}
        name = diagnosis if diagnosis != "neither" else "neither high bias nor high variance"
        remedy = f"; try {_REMEDIES[diagnosis]}" if diagnosis in _REMEDIES else ""
        self.message = (
            f"error        train {train_error:.1%}, {stage} {test_error:.1%} "
            f"({measure}, on {len(train):,} and {len(targets):,} rows)\ndiagnosis    {name}{remedy}"
        )


def _sample(split: Rows, rows: int) -> Split:
    """Draws rows at random, the same at every call."""
    order = torch.randperm(len(split), generator=torch.Generator().manual_seed(0))[:rows]
    return split.take(order.to(split.device))


def _error(module: SupervisedModule, outputs: Tensor, targets: Tensor) -> tuple[str, float]:
    """Returns what is measured, and 1 − the module's own accuracy or R²."""
    metrics = module.all_metrics()
    for metric in metrics.values():
        metric.distributed_available_fn = lambda: False  # of several processes, the first alone evaluates all rows
    module.update_metrics(metrics, outputs, targets)
    values = metrics.compute()
    name = "accuracy" if "accuracy" in values else "r2"
    return {"accuracy": "1 - accuracy", "r2": "1 - R²"}[name], 1 - float(values[name])


class ParameterRecovery(Callback):
    """Logs ``w_error/learnt``, ``b_error/learnt`` and the same for the closed-form least-squares solution.

    Each is the largest absolute difference from the parameters that generated the training rows; least squares is
    as near as those rows allow. Does nothing for a network that is not linear.
    """

    needs = (SupervisedModule, ResidentDataModule)

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        if not is_due(trainer, every=50):
            return
        module, split = module_of(pl_module), data_of(trainer).splits["train"]
        true_parameters = module.spec.true_parameters
        learnt = torch.cat([parameter.detach().cpu().flatten() for parameter in module.network.parameters()])
        true = torch.tensor([*true_parameters["weight"], *true_parameters["bias"]])
        if learnt.shape != true.shape:
            return  # another network, such as network=mlp_50, has other parameters
        rows = split.take(torch.arange(len(split), device=split.device))
        estimates = {"learnt": learnt, "least_squares": least_squares(rows.inputs, rows.targets)}
        for name, estimate in estimates.items():
            error = (estimate - true).abs()
            pl_module.log_dict({f"w_error/{name}": error[:-1].max(), f"b_error/{name}": error[-1]})


def least_squares(inputs: Tensor, targets: Tensor) -> Tensor:
    """Returns the (w, b) that minimise the squared error: (N, d), (N, 1) → (d + 1,)."""
    ones = torch.ones(len(inputs), 1)
    solution: Tensor = torch.linalg.lstsq(torch.cat([inputs, ones], dim=1).double(), targets.double()).solution
    return solution.flatten().float()
