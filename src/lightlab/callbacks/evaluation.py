"""Evaluates the best weights on rows that they were not trained on."""

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import torch
from lightning.pytorch import LightningModule, Trainer
from torch import Tensor

from lightlab.callbacks.base import Display, data_of, module_of
from lightlab.callbacks.pictures import save_picture
from lightlab.data.base import ResidentDataModule
from lightlab.data.loader import Rows
from lightlab.modules.supervised import SupervisedModule
from lightlab.plots.predictions import predictions_figure
from lightlab.runs.checkpoints import read_checkpoint
from lightlab.runs.folder import checkpoint_of


class Evaluation(Display):
    """Gathers the outputs for the test rows, or for the validation rows of data without test rows.

    Subclasses define `evaluate`, and `targets` if they do not suit every task.

    Attributes:
        targets: each `Spec.target` that it can evaluate.
        results: is added to metrics.json.
        message: is printed at the end of the run.
    """

    needs = (SupervisedModule, ResidentDataModule)
    targets: tuple[str, ...] = ("number", "binary", "class")

    def __init__(self) -> None:
        self.results: dict[str, Any] = {}
        self.message = ""
        self._batches: list[tuple[Tensor, Tensor]] = []

    @abstractmethod
    def evaluate(
        self, trainer: Trainer, module: SupervisedModule, stage: str, outputs: Tensor, targets: Tensor
    ) -> None:
        """Evaluates the outputs (N, output_size) for the first N rows of that stage, and their targets, on the CPU."""

    def on_test_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self._batches = []

    def on_test_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, *_: Any
    ) -> None:
        if self._applies(pl_module):
            self._batches.append((outputs, module_of(pl_module).unpack(batch)[1]))

    def on_test_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        if self._batches and trainer.world_size > 1:  # each process has its share of the rows alone
            self._batches = [outputs_for(trainer, data_of(trainer).splits["test"])]
        if self._batches:
            self._evaluate(trainer, "test", *_joined(self._batches))
        self._batches = []

    def on_fit_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        splits = data_of(trainer).splits
        if "test" not in splits and "val" in splits and self._applies(pl_module):
            with _best_weights(trainer, pl_module):
                self._evaluate(trainer, "val", *outputs_for(trainer, splits["val"]))

    def _applies(self, module: LightningModule) -> bool:
        return module_of(module).spec.target in self.targets

    def _evaluate(self, trainer: Trainer, stage: str, outputs: Tensor, targets: Tensor) -> None:
        with torch.inference_mode():
            self.evaluate(trainer, module_of(trainer.lightning_module), stage, outputs, targets)


def _joined(batches: Sequence[tuple[Tensor, Tensor]]) -> tuple[Tensor, Tensor]:
    outputs, targets = (torch.cat(parts).cpu() for parts in zip(*batches, strict=True))
    return outputs.float(), targets


@torch.inference_mode()
def outputs_for(trainer: Trainer, rows: Rows) -> tuple[Tensor, Tensor]:
    """Returns the outputs (N, output_size) in evaluation mode, without augmentation, and the targets, on the CPU."""
    data, module = data_of(trainer), trainer.lightning_module
    was_training = module.training
    module.eval()
    batches = []
    for index in torch.arange(len(rows), device=rows.device).split(data.eval_batch_size):
        stored = rows.take(index).to(module.device)
        inputs = trainer.precision_plugin.convert_input(data.prepare(stored.inputs))
        with trainer.precision_plugin.test_step_context():
            batches.append((module(inputs).float().cpu(), stored.targets.cpu()))
    module.train(was_training)
    return _joined(batches)


@contextmanager
def _best_weights(trainer: Trainer, module: LightningModule) -> Iterator[None]:
    """Gives the module the best checkpoint's weights, if there is one, and its own again at the end."""
    best = checkpoint_of(Path(trainer.default_root_dir))
    if best is None:
        yield
        return
    last = {name: value.clone() for name, value in module.state_dict().items()}
    module.load_state_dict(read_checkpoint(best)["state_dict"])
    yield
    module.load_state_dict(last)


class PredictionsPicture(Evaluation):
    """Writes figures/predictions.png, in the unit of the data: the scatter, the residuals, means by decile."""

    targets = ("number",)

    def evaluate(
        self, trainer: Trainer, module: SupervisedModule, stage: str, outputs: Tensor, targets: Tensor
    ) -> None:
        spec = module.spec
        predicted, true = (spec.target_scale.restored(z).flatten().numpy() for z in (outputs, targets))
        logarithmic = spec.target_scale.log
        draw = partial(predictions_figure, predicted, true, spec.target_name, stage, logarithmic=logarithmic)
        save_picture(trainer, f"{stage}/predictions", draw)
