"""Modules and data modules that are not lightlab's own: what they must define, and which parts of a run they have."""

import inspect
import traceback
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from lightning.pytorch import Callback, LightningDataModule, LightningModule, Trainer
from torch import Tensor

from lightlab.config.composition import Config
from lightlab.config.schema import OPTIONAL
from lightlab.data.base import ResidentDataModule
from lightlab.errors import LightlabError, UsageError, one_line
from lightlab.modules.supervised import SupervisedModule
from lightlab.spec import Spec

_STEPS = {"train": "training_step", "val": "validation_step", "test": "test_step", "predict": "predict_step"}


def is_supervised(module_class: Any) -> bool:
    """Whether a module is one of lightlab's own, or inherits from one: the config's parts are then its arguments."""
    return isinstance(module_class, type) and issubclass(module_class, SupervisedModule)


def lightning_module(made: Any, trains: bool = True) -> LightningModule:
    """Returns what ``module._target_`` has made.

    Args:
        trains: whether it must be able to train.

    Raises:
        UsageError: it is no LightningModule, or lacks what training needs.
    """
    if not isinstance(made, LightningModule):
        raise UsageError(f"module: {_name(made)} is no LightningModule of the package lightning{_other_package(made)}")
    for hook in ("training_step", "configure_optimizers") if trains else ():
        if not _defines(made, hook, LightningModule):
            raise UsageError(f"module: {_name(made)} defines no {hook}, which training needs")
    return made


def lightning_data(made: Any) -> LightningDataModule:
    """Returns what ``data._target_`` has made.

    Raises:
        UsageError: it is no LightningDataModule, or has nothing to train on.
    """
    if not isinstance(made, LightningDataModule):
        raise UsageError(
            f"data: {_name(made)} is no LightningDataModule of the package lightning{_other_package(made)}"
        )
    if not _defines(made, "train_dataloader", LightningDataModule):
        raise UsageError(f"data: {_name(made)} defines no train_dataloader, which training needs")
    return made


def spec_of(data: LightningDataModule) -> Spec | None:
    """Returns the description by which lightlab's networks and modules are built; a data module may do without."""
    spec = getattr(data, "spec", None)
    return spec if isinstance(spec, Spec) else None


def needed_spec(data: LightningDataModule, module_class: type) -> Spec:
    """Returns the spec of a data module, which has been set up.

    Raises:
        UsageError: it has none, which `module_class` needs.
    """
    spec = spec_of(data)
    if spec is None:
        raise UsageError(
            f"data: {_name(data)} has no spec (a lightlab.spec.Spec, set at the latest by its setup), from which "
            f"module {module_class.__module__}.{module_class.__qualname__} takes its sizes; a LightningModule of your "
            "own needs none"
        )
    return spec


def example_of(data: LightningDataModule, spec: Spec) -> Tensor:
    """Returns two inputs, to try out and show the network with."""
    if isinstance(data, ResidentDataModule):
        return data.example()
    return torch.zeros(2, *spec.input_shape, dtype=torch.long if spec.vocabulary else torch.float32)


def batches_of(data: LightningDataModule) -> int | None:
    """Returns the number of training batches an epoch; None for a loader without a length."""
    try:
        return len(data.train_dataloader())
    except (TypeError, NotImplementedError):
        return None


def stages_of(data: LightningDataModule, module: LightningModule | None = None) -> set[str]:
    """Returns those of ``train``, ``val``, ``test`` that the data has, and the module a step for."""
    if isinstance(data, ResidentDataModule):
        stages = set(data.splits)
    else:
        stages = {stage for stage in _STEPS if _defines(data, f"{stage}_dataloader", LightningDataModule)}
    return {stage for stage in stages if module is None or _defines(module, _STEPS[stage], LightningModule)}


def ignored_parts(config: Config, module: LightningModule, typed: Sequence[str]) -> list[str]:
    """Returns a line for each override that has no effect, as the module makes that part itself.

    A part that the module's own config refers to, as in ``optimizer: ${optimizer}``, has one.
    """
    lines = []
    for override in typed:
        group = override.lstrip("+").partition("=")[0].partition(".")[0]
        if group in OPTIONAL and config[group] not in [None, *config["module"].values()]:
            lines.append(f"{_name(module)} makes its own {group}: {override} is ignored")
    return lines


class FirstBatches(Callback):
    """Explains an error of the module in the first batch that it is given, in training or in validation."""

    def __init__(self) -> None:
        self.form = ""  # of the batch that is being worked on
        self.hook = ""

    def on_train_batch_start(self, trainer: Trainer, pl_module: LightningModule, batch: Any, batch_idx: int) -> None:
        self._begin("training_step" if trainer.global_step == 0 and batch_idx == 0 else "", batch)

    def on_validation_batch_start(
        self, trainer: Trainer, pl_module: LightningModule, batch: Any, batch_idx: int, *_: Any
    ) -> None:
        self._begin("validation_step" if trainer.sanity_checking else "", batch)

    def on_train_batch_end(self, *_: Any) -> None:
        self.hook = ""

    def on_validation_batch_end(self, *_: Any) -> None:
        self.hook = ""

    def _begin(self, hook: str, batch: Any) -> None:
        self.hook, self.form = hook, _form(batch) if hook else ""

    def explain(self, error: Exception, module: LightningModule) -> LightlabError | None:
        """Returns the error in one line if it stems from a first batch."""
        if not self.hook:
            return None
        file = inspect.getsourcefile(type(module))
        lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == file]
        place = f" ({file}:{lines[-1]})" if lines else ""
        return UsageError(
            f"{_name(module)}.{self.hook} failed at its first batch, {self.form}: {type(error).__name__}: "
            f"{one_line(error, 200)}{place}"
        )


def _form(batch: Any) -> str:
    if isinstance(batch, Tensor):
        return f"a tensor {tuple(batch.shape)}"
    if isinstance(batch, Mapping):
        return f"a dict with {', '.join(f'{key}: {_form(value)}' for key, value in batch.items())}"
    if isinstance(batch, (list, tuple)) and len(batch) <= 8:
        return f"a {type(batch).__name__} of {len(batch)}: {', '.join(map(_form, batch))}"
    return f"a {type(batch).__name__}"


def _defines(part: Any, hook: str, base: type) -> bool:
    return getattr(type(part), hook, None) is not getattr(base, hook) or hook in vars(part)


def _name(part: Any) -> str:
    kind = part if isinstance(part, type) else type(part)
    return f"{kind.__module__}.{kind.__qualname__}"


def _other_package(made: Any) -> str:
    is_twin = any(kind.__module__.startswith("pytorch_lightning.") for kind in type(made).__mro__)
    return "; it is one of pytorch_lightning: import lightning.pytorch instead" if is_twin else ""
