"""Evaluates the best weights on rows that they were not trained on."""

from abc import abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import torch
from lightning.pytorch import LightningModule, Trainer
from torch import Tensor

from lightlab.callbacks.base import Display, data_of, module_of
from lightlab.callbacks.pictures import save_picture
from lightlab.data.loader import Split
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

    targets: tuple[str, ...] = ("number", "binary", "class")

    def __init__(self) -> None:
        self.results: dict[str, Any] = {}
        self.message = ""
        self._outputs: list[Tensor] = []

    @abstractmethod
    def evaluate(self, trainer: Trainer, module: SupervisedModule, stage: str, outputs: Tensor, rows: Split) -> None:
        """Evaluates the outputs (N, output_size), on the CPU, for the stored rows (N) of that stage."""

    def on_test_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self._outputs = []

    def on_test_batch_end(self, trainer: Trainer, pl_module: LightningModule, outputs: Any, *_: Any) -> None:
        if self._applies(pl_module):
            self._outputs.append(outputs)

    def on_test_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        if self._outputs:
            self._evaluate(trainer, "test", torch.cat(self._outputs))
        self._outputs = []

    def on_fit_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        splits = data_of(trainer).splits
        if "test" not in splits and "val" in splits and self._applies(pl_module):
            with _best_weights(trainer, pl_module):
                self._evaluate(trainer, "val", outputs_for(trainer, splits["val"]))

    def _applies(self, module: LightningModule) -> bool:
        return isinstance(module, SupervisedModule) and module.spec.target in self.targets

    def _evaluate(self, trainer: Trainer, stage: str, outputs: Tensor) -> None:
        split = data_of(trainer).splits[stage]
        rows = Split(split.inputs[: len(outputs)], split.targets[: len(outputs)].cpu())  # fewer if batches are limited
        with torch.inference_mode():
            self.evaluate(trainer, module_of(trainer.lightning_module), stage, outputs.float().cpu(), rows)


@torch.inference_mode()
def outputs_for(trainer: Trainer, rows: Split) -> Tensor:
    """Returns the network's outputs (N, output_size) in evaluation mode, without augmentation, on the CPU."""
    data, module = data_of(trainer), trainer.lightning_module
    was_training = module.training
    module.eval()
    outputs = []
    for stored in rows.inputs.split(data.eval_batch_size):
        inputs = trainer.precision_plugin.convert_input(data.prepare(stored.to(module.device)))
        with trainer.precision_plugin.test_step_context():
            outputs.append(module(inputs).float().cpu())
    module.train(was_training)
    return torch.cat(outputs)


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

    def evaluate(self, trainer: Trainer, module: SupervisedModule, stage: str, outputs: Tensor, rows: Split) -> None:
        spec = module.spec
        predicted, true = (spec.target_scale.restored(z).flatten().numpy() for z in (outputs, rows.targets))
        logarithmic = spec.target_scale.log
        draw = partial(predictions_figure, predicted, true, spec.target_name, stage, logarithmic=logarithmic)
        save_picture(trainer, f"{stage}/predictions", draw)
