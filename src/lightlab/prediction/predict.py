"""Predicts with a checkpoint: reads it and an input, returns a table."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
import torch
from torch import Tensor
from tqdm import tqdm

from lightlab.config.instantiation import building_only, instantiate_parts
from lightlab.data.base import Inputs, ResidentDataModule
from lightlab.errors import DataError, UsageError, one_line
from lightlab.files import whole_file
from lightlab.modules.supervised import SupervisedModule
from lightlab.prediction.options import PredictOptions, check_options
from lightlab.runs.checkpoints import read_checkpoint
from lightlab.runs.trust import BUILT, check_trusted, target_names
from lightlab.spec import Spec
from lightlab.training.building import build_module, build_network
from lightlab.training.devices import choose


@dataclass(frozen=True)
class Predictor:
    """A checkpoint's data module, which prepares inputs, and its module, which predicts from them."""

    data: ResidentDataModule
    module: SupervisedModule
    task: str
    epoch: int

    @property
    def title(self) -> str:
        return f"{self.task}, epoch {self.epoch}"


@dataclass(frozen=True)
class Predictions:
    """A table with one row for each input, in order, and the scores if the inputs carried labels.

    Attributes:
        figures: the files of figures that were written.
        text_column: the column that is printed instead of the table; empty for the table.
        all_rows: whether the whole table is printed.
    """

    table: pd.DataFrame
    scores: dict[str, float]
    figures: list[Path] = field(default_factory=list)
    text_column: str = ""
    all_rows: bool = False

    def text(self, most_rows: int = 20) -> str:
        """Returns the text column, or the table's first and last rows without the columns of class probabilities."""
        if self.text_column:
            return "\n".join(map(str, self.table[self.text_column]))
        table = self.table[[column for column in self.table.columns if not column.startswith("p(")]]
        options = ("display.unicode.east_asian_width", True, "display.width", 160, "display.max_columns", 20)
        with pd.option_context(*options):
            rows = None if self.all_rows else most_rows
            text = table.to_string(index=False, max_rows=rows, float_format=lambda value: f"{value:.4f}")
        scores = "  ".join(f"{name} {value:.4f}" for name, value in self.scores.items())
        for figure in self.figures[:most_rows]:
            text += f"\ndrawn: {figure}"
        return text + (f"\nscored on {len(table):,} labelled rows: {scores}" if scores else "")


def predict(options: PredictOptions, checkpoint: Path) -> Predictions:
    """Predicts `options.input`, or evaluates `options.query`, and writes `options.output` if it is named.

    Raises:
        UsageError: an option that the checkpoint's task does not have, or none that it needs.
        DataError: a checkpoint or input that cannot be used; nothing has been written.
    """
    predictor = load_predictor(checkpoint, options.allow)
    check_options(options, predictor.module.predict_options, predictor.task)
    device = choose(options.accelerator).device
    if "input" in predictor.module.predict_options:
        predictions = _predict_rows(predictor, options, device)
    else:
        table = pd.DataFrame(predictor.module.to(device).query(options.query))
        predictions = Predictions(table, {}, text_column=predictor.module.text_column, all_rows=True)
    if options.output:
        _write(predictions.table, Path(options.output))
    return predictions


def load_predictor(path: Path, allow: list[str]) -> Predictor:
    """Builds a checkpoint's data module and module, from parts that `lightlab.runs.trust` allows.

    Raises:
        DataError: damaged, foreign, or not of this project.
    """
    checkpoint = read_checkpoint(path)
    record = checkpoint["lightlab"]
    try:
        config, spec = record["config"], Spec.from_plain(record["spec"])
        check_trusted(config, allow, str(path))
        # A checkpoint does not choose where this machine writes: the cache folder is the user's own.
        own_cache = {"cache_dir": None} if "cache_dir" in config["data"] else {}
        with building_only(target_names(config)):
            parts = instantiate_parts(config | {"data": config["data"] | own_cache}, BUILT)
        parts.data.spec = spec
        parts.data.load_state_dict(record["preparation"])
        module = build_module(parts, spec, build_network(parts, spec))
        module.load_state_dict(checkpoint["state_dict"])
    except (KeyError, TypeError, AttributeError, RuntimeError) as error:
        raise DataError(f"{path}: its parts do not fit together ({one_line(error, 160)})") from error
    return Predictor(parts.data, module.eval(), config["name"], checkpoint["epoch"] + 1)


def _predict_rows(predictor: Predictor, options: PredictOptions, device: torch.device) -> Predictions:
    module = predictor.module
    if options.threshold is not None:
        module.threshold = options.threshold
    inputs = predictor.data.read(options.input)
    if options.figure and not inputs.photos:
        raise UsageError(f"figure=true: draws on photos, and input={options.input} holds none; take figure= away")
    outputs = _outputs(predictor, inputs, device, options.batch_size)
    figures = _draw(module, inputs, outputs, options.output) if options.figure else []
    return Predictions(_table(module, inputs, outputs), _scores(module, inputs, outputs), figures)


@torch.inference_mode()
def _outputs(predictor: Predictor, inputs: Inputs, device: torch.device, batch_size: int) -> Tensor:
    """Returns the network's outputs (N, output_size), on the CPU."""
    module = predictor.module.to(device)
    batches = inputs.inputs.split(batch_size)
    bar = tqdm(batches, desc="predicting", unit="batch", disable=None if len(batches) > 1 else True)
    return torch.cat([module(predictor.data.prepare(batch.to(device))).float().cpu() for batch in bar])


def _table(module: SupervisedModule, inputs: Inputs, outputs: Tensor) -> pd.DataFrame:
    columns: dict[str, list[Any]] = {inputs.index_name: inputs.names, **(inputs.columns or {})}
    columns |= module.predict(outputs)
    if inputs.targets is not None:
        columns["label"] = _labels(module.spec, inputs.targets)
    return pd.DataFrame(columns)


def _labels(spec: Spec, targets: Tensor) -> list[Any]:
    if spec.target == "number":
        return spec.target_scale.restored(targets).flatten().tolist()
    labels = targets.flatten().tolist()
    return [spec.class_names[int(label)] for label in labels] if spec.class_names else labels


def _scores(module: SupervisedModule, inputs: Inputs, outputs: Tensor) -> dict[str, float]:
    if inputs.targets is None:
        return {}
    metrics = module.metrics()
    module.update_metrics(metrics, outputs, inputs.targets)
    return {name: float(value) for name, value in metrics.compute().items()}


def _draw(module: SupervisedModule, inputs: Inputs, outputs: Tensor, output: str | None) -> list[Path]:
    """Draws each prediction on its photo: beside `output`, else in predictions/."""
    from lightlab.plots.predictions import prediction_captions, write_prediction_figures

    folder = Path(output).parent if output else Path("predictions")
    captions = prediction_captions(module.predict(outputs), module.spec)
    try:
        return write_prediction_figures(inputs.photos or [], captions, folder)
    except OSError as error:
        raise DataError(f"figure=true: {folder} could not be written: {one_line(error)}") from None


def _write(table: pd.DataFrame, path: Path) -> None:
    try:
        with whole_file(path) as unfinished:
            if path.suffix == ".json":
                table.to_json(unfinished, orient="records", force_ascii=False, indent=1)
            else:
                table.to_csv(unfinished, index=False, encoding="utf-8")
    except OSError as error:
        raise DataError(f"output={path}: could not be written: {one_line(error)}") from None
