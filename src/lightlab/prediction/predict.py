"""Predicts with a checkpoint: reads it and an input, returns a table."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import torch
from torch import Tensor, nn
from tqdm import tqdm

from lightlab.config.composition import flatten
from lightlab.config.instantiation import building_only, instantiate_parts
from lightlab.config.schema import check_groups
from lightlab.data.base import Inputs, ResidentDataModule
from lightlab.errors import DataError, LightlabError, UsageError, one_line, printable
from lightlab.modules.supervised import SupervisedModule
from lightlab.prediction.by_step import predict_by_step
from lightlab.prediction.options import PredictOptions, check_options
from lightlab.prediction.output import check_output, write_table
from lightlab.runs.checkpoints import read_checkpoint
from lightlab.runs.contents import check_finite, check_weights, read_spec, refused
from lightlab.runs.trust import BUILT, Targets, check_trusted, own_targets, target_names
from lightlab.spec import Spec
from lightlab.training.building import NETWORK, build_module, build_network, try_out
from lightlab.training.devices import choose
from lightlab.training.foreign_modules import is_supervised, lightning_module, load_own_weights, needed_spec

_OF_STEPS = ("input", "batch_size")  # the options of predict.py for a module that is not lightlab's own

_OWN: dict[str, Any] = {"cache_dir": None, "remote": [], "openml": None, "registry": None}


@dataclass(frozen=True)
class Predictor:
    """A checkpoint's data module, which prepares inputs, and its module, which predicts from them.

    Attributes:
        sources: the texts of the data's config, some of which name the files that the run has learnt from.
        precision: of the run, as Lightning's Trainer takes it.
    """

    data: Any
    module: Any
    task: str
    epoch: int
    sources: tuple[str, ...] = ()
    precision: str = "32-true"

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
            return printable("\n".join(map(str, self.table[self.text_column])))
        table = self.table[[column for column in self.table.columns if not column.startswith("p(")]]
        options = ("display.unicode.east_asian_width", True, "display.width", 160, "display.max_columns", 20)
        with pd.option_context(*options):
            rows = None if self.all_rows else most_rows
            text = table.to_string(index=False, max_rows=rows, float_format=lambda value: f"{value:.4f}")
        scores = "  ".join(f"{name} {value:.4f}" for name, value in self.scores.items())
        for figure in self.figures[:most_rows]:
            text += f"\ndrawn: {figure}"
        return printable(text + (f"\nscored on {len(table):,} labelled rows: {scores}" if scores else ""))


def predict(options: PredictOptions, checkpoint: Path) -> Predictions:
    """Predicts `options.input`, or evaluates `options.query`, and writes `options.output` if it is named.

    Raises:
        UsageError: an option that the checkpoint's task does not have, or none that it needs.
        DataError: a checkpoint or input that cannot be used; nothing has been written.
    """
    return predict_with(load_predictor(checkpoint, options.allow, options.config_dir), options, checkpoint)


def predict_with(predictor: Predictor, options: PredictOptions, checkpoint: Path) -> Predictions:
    """See `predict`; `checkpoint` is the one that the predictor was loaded from."""
    by_step = not (isinstance(predictor.module, SupervisedModule) and isinstance(predictor.data, ResidentDataModule))
    known = _OF_STEPS if by_step else predictor.module.predict_options
    check_options(options, known, predictor.task, is_needed=not by_step)
    if options.output:
        check_output(Path(options.output), [str(checkpoint), str(options.input), *predictor.sources])
    device = choose(options.accelerator).device
    if by_step:
        table = predict_by_step(predictor.module, predictor.data, options, predictor.precision)
        predictions = Predictions(table, {})
    elif "input" in predictor.module.predict_options:
        predictions = _predict_rows(predictor, options, device)
    else:
        columns = predictor.module.to(device).query(options.query)
        check_finite_predictions(columns, list(map(str, next(iter(columns.values())))))
        predictions = Predictions(pd.DataFrame(columns), {}, text_column=predictor.module.text_column, all_rows=True)
    if options.output:
        write_table(predictions.table, Path(options.output))
    return predictions


def load_predictor(path: Path, allow: list[str], config_dir: str | None = None) -> Predictor:
    """Builds a checkpoint's data module and module, from parts that `lightlab.runs.trust` allows.

    Args:
        config_dir: the user's own config folder; what its files name is allowed too.

    Raises:
        UsageError: a class of the user's own cannot be built.
        DataError: damaged, foreign, or not of this project.
    """
    own = _own_targets(config_dir)
    checkpoint = read_checkpoint(path)
    record, weights = checkpoint["lightlab"], checkpoint["state_dict"]
    config = record["config"]
    try:
        check_trusted(config, allow, str(path), own=own)
        check_groups(config, BUILT)
        spec = read_spec(path, record) if record["spec"] else None
        # A checkpoint does not choose where this machine writes: the cache folder is the user's own, nothing is
        # downloaded.
        places = {key: value for key, value in _OWN.items() if key in config["data"]}
        with building_only(target_names(config)):
            parts = instantiate_parts(config | {"data": config["data"] | places}, BUILT)
        if spec is not None:
            parts.data.spec = spec
        _restore(path, parts.data, checkpoint)
        if is_supervised(parts.module_class):
            module: Any = _supervised(
                path, parts, needed_spec(parts.data, parts.module_class), weights, not (allow or own)
            )
        else:
            module = lightning_module(parts.module(), trains=False)
            load_own_weights(path, checkpoint, module)
    except UsageError as error:  # of the config that the checkpoint holds, not of the command line
        raise UsageError(f"{path}: {error}") if allow or own else refused(path, str(error)) from None
    except LightlabError:
        raise
    except Exception as error:
        raise DataError(f"{path}: its parts do not fit together ({one_line(error, 160)})") from error
    texts = {key: value for key, value in flatten(config["data"]).items() if isinstance(value, str) and value}
    sources = tuple(text for key, text in texts.items() if key not in (("data_dir",), ("cache_dir",)))
    precision = config.get("trainer", {}).get("precision", "32-true")
    return Predictor(parts.data, module.eval(), config["name"], checkpoint["epoch"] + 1, sources, precision)


def _own_targets(config_dir: str | None) -> Targets | None:
    if config_dir is None:
        return None
    folder = Path(config_dir).expanduser()
    if not folder.is_dir():
        raise UsageError(f"config_dir={config_dir}: no such folder")
    return own_targets([folder])


def _restore(path: Path, data: Any, checkpoint: dict[str, Any]) -> None:
    """Gives a data module the state that it had in training."""
    if not isinstance(data, ResidentDataModule):
        if (state := checkpoint.get(type(data).__qualname__)) is not None:
            data.load_state_dict(state)
        return
    state = checkpoint["lightlab"]["preparation"]
    if problem := data.state_problem(state):
        raise refused(path, f"preparation: {problem}")
    data.load_state_dict(state)


def _supervised(
    path: Path, parts: SimpleNamespace, spec: Spec, weights: dict[str, Any], check_sizes: bool
) -> SupervisedModule:
    absent = [group for group in NETWORK if getattr(parts, group) is None]
    if absent:
        raise refused(path, f"its config lacks {absent[0]}")
    if check_sizes:  # somebody's own layers may not work without memory
        _check_sizes(path, parts, spec, weights)
    module = build_module(parts, spec, build_network(parts, spec))
    check_weights(path, weights, module)
    check_finite(path, weights)
    module.load_state_dict(weights)
    if "input" in module.predict_options:
        try_out(module, parts.activation, torch.zeros(2, *spec.input_shape))
    return module


def load_module(path: Path, allow: Sequence[str] = ()) -> SupervisedModule:
    """Returns a checkpoint's module with its optimizer and its way to compute gradients, in training mode.

    Raises:
        DataError: as `load_predictor`.
    """
    module = load_predictor(path, list(allow)).module
    config, groups = read_checkpoint(path)["lightlab"]["config"], ("optimizer", "gradient")
    try:
        check_trusted(config, allow, str(path), groups)
        check_groups(config, groups)
        with building_only(target_names(config)):
            parts = instantiate_parts(config, groups)
    except UsageError as error:
        raise refused(path, str(error)) from None
    module.make_optimizer, module.gradient = parts.optimizer, parts.gradient
    return module.train()


def _check_sizes(path: Path, parts: SimpleNamespace, spec: Spec, weights: dict[str, Any]) -> None:
    """Compares the weights with a network without memory, so that no size that a config names can use it up."""
    with torch.device("meta"):
        network = nn.ModuleDict({"network": build_network(parts, spec)})
    check_weights(path, {name: weight for name, weight in weights.items() if name.startswith("network.")}, network)


def _predict_rows(predictor: Predictor, options: PredictOptions, device: torch.device) -> Predictions:
    module = predictor.module
    if options.threshold is not None:
        module.threshold = options.threshold
    inputs = options.input if isinstance(options.input, Inputs) else predictor.data.read(options.input)
    if options.figure and not inputs.photos:
        raise UsageError(f"figure=true: draws on photos, and input={options.input} holds none; take figure= away")
    outputs = _outputs(predictor, inputs, device, options)
    predicted = module.predict(outputs)
    check_finite_predictions(predicted, [f"{inputs.index_name} {name}" for name in inputs.names])
    figures = _draw(module, inputs, predicted, options.output) if options.figure else []
    return Predictions(_table(module, inputs, predicted), _scores(module, inputs, outputs), figures)


@torch.inference_mode()
def _outputs(predictor: Predictor, inputs: Inputs, device: torch.device, options: PredictOptions) -> Tensor:
    """Returns the network's outputs (N, output_size), on the CPU."""
    module = predictor.module.to(device)
    batches = inputs.inputs.split(options.batch_size)
    shape, expected = tuple(predictor.data.prepare(batches[0][:1]).shape[1:]), module.spec.input_shape
    if shape != expected:
        raise DataError(f"input={options.input}: each is {shape}; the network of this run takes {expected}")
    bar = tqdm(batches, desc="predicting", unit="batch", disable=None if len(batches) > 1 else True)
    return torch.cat([module(predictor.data.prepare(batch.to(device))).float().cpu() for batch in bar])


def check_finite_predictions(predicted: dict[str, list[Any]], rows: Sequence[str]) -> None:
    """Raises `DataError`, which names the row, for the first predicted number that is infinite or NaN.

    Args:
        predicted: the columns of predictions.
        rows: what the rows are called.
    """
    for column, values in predicted.items():
        for row, value in zip(rows, values, strict=True):
            if isinstance(value, float) and not math.isfinite(value):
                raise DataError(
                    f"{row}: the predicted {column} is {value}: its inputs lie too far from those that the run has "
                    "learnt from; correct or leave out the row"
                )


def _table(module: SupervisedModule, inputs: Inputs, predicted: dict[str, list[Any]]) -> pd.DataFrame:
    columns: dict[str, list[Any]] = {inputs.index_name: inputs.names, **(inputs.columns or {}), **predicted}
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
    metrics = module.all_metrics()
    module.update_metrics(metrics, outputs, inputs.targets)
    return {name: float(value) for name, value in metrics.compute().items()}


def _draw(module: SupervisedModule, inputs: Inputs, predicted: dict[str, list[Any]], output: str | None) -> list[Path]:
    """Draws each prediction on its photo: beside `output`, else in predictions/."""
    from lightlab.plots.predictions import prediction_captions, write_prediction_figures

    folder = Path(output).parent if output else Path("predictions")
    captions = prediction_captions(predicted, module.spec)
    try:
        return write_prediction_figures(inputs.photos or [], captions, folder)
    except OSError as error:
        raise DataError(f"figure=true: {folder} could not be written: {one_line(error)}") from None
