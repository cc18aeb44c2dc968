"""Predicts by a LightningModule's own `predict_step`, and makes a table of what it returns."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import pandas as pd
import torch
from lightning.pytorch import LightningDataModule, LightningModule, Trainer
from torch import Tensor
from torch.utils.data import DataLoader

from lightlab.data.base import Inputs, ResidentDataModule
from lightlab.errors import DataError, LightlabError, UsageError, one_line
from lightlab.prediction.options import PredictOptions
from lightlab.training.devices import choose
from lightlab.training.foreign_modules import stages_of
from lightlab.training.trainer import silence_lightning

Columns = dict[str, list[Any]]
_NAME = "prediction"  # of a column whose output has no name


def predict_by_step(
    module: LightningModule, data: LightningDataModule, options: PredictOptions, precision: str
) -> pd.DataFrame:
    """Runs `predict_step` on what `data.read` makes of ``input=``, else on `data.predict_dataloader`.

    Returns:
        A row for each row of the outputs. A tensor (N,) or (N, 1) is a column, (N, K) are K columns, more dimensions
        are lists in a column; the entries of a dict or tuple are columns of their own.

    Raises:
        UsageError: there is nothing to predict from.
        DataError: `predict_step` fails, or its outputs make no table.
    """
    silence_lightning()
    given = _given(data, options)
    trainer = Trainer(
        accelerator=choose(options.accelerator).name,
        devices=1,
        precision=precision,  # type: ignore[arg-type]
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
    )
    source: dict[str, Any] = {"datamodule": data} if given is None else {"dataloaders": _loader(given, data, options)}
    try:
        outputs = trainer.predict(module, **source)
    except LightlabError:
        raise
    except Exception as error:
        step = f"{type(module).__name__}.predict_step"
        raise DataError(f"{step} failed: {type(error).__name__}: {one_line(error, 300)}") from error
    table = pd.DataFrame(columns_of(outputs or [], type(module).__name__))
    if isinstance(given, Inputs) and len(given.names) == len(table):
        table = pd.DataFrame({given.index_name: given.names, **(given.columns or {})}).join(table)
    return table


def _given(data: LightningDataModule, options: PredictOptions) -> Any:
    """Returns what the data module reads from ``input=``; None if the user gives none."""
    name = type(data).__name__
    if options.input is None:
        if "predict" not in stages_of(data):
            raise UsageError(f"input= is missing, and data {name} defines no predict_dataloader to predict from")
        return None
    read = getattr(data, "read", None)
    if read is None:
        raise UsageError(
            f"input={options.input}: data {name} defines no read(input), which returns a loader; leave input= out to "
            "predict from its predict_dataloader"
        )
    return read(options.input)


def _loader(given: Any, data: LightningDataModule, options: PredictOptions) -> Any:
    if isinstance(given, Inputs):
        prepare = data.prepare if isinstance(data, ResidentDataModule) else lambda inputs: inputs
        given = [prepare(batch) for batch in given.inputs.split(options.batch_size)]
    # Lightning takes a list for several loaders.
    return DataLoader(given, batch_size=None) if isinstance(given, list) else given  # type: ignore[arg-type]


def columns_of(outputs: Iterable[Any], name: str) -> Columns:
    """Joins the outputs of all batches, of one loader or of several, to columns.

    Raises:
        DataError: they differ in their columns, or in the number of rows of a batch.
    """
    columns: Columns = {}
    rows = 0
    for output in _batches(outputs):
        batch = dict(_columns(_NAME, output))
        sizes = {len(values) for values in batch.values()}
        if len(sizes) > 1 or (columns and batch.keys() != columns.keys()):
            shown = ", ".join(f"{column} ({len(values)})" for column, values in batch.items())
            raise DataError(f"{name}.predict_step: its outputs make no table: {shown}; expected a value for each row")
        for column, values in batch.items():
            columns.setdefault(column, []).extend(values)
        rows += max(sizes, default=0)
    if not rows:
        raise DataError(
            f"{name}.predict_step returned nothing; it must return a tensor, a dict or a list for each batch"
        )
    return columns


def _batches(outputs: Iterable[Any]) -> Iterator[Any]:
    """Yields the output of each batch; of several loaders, one after another."""
    outputs = [output for output in outputs if output is not None]
    nested = bool(outputs) and all(isinstance(output, list) and output for output in outputs)
    by_loader = nested and all(isinstance(batch, (Tensor, Mapping, list, tuple)) for each in outputs for batch in each)
    by_loader = by_loader and not any(
        isinstance(batch, Mapping) and _is_row(batch) for each in outputs for batch in each
    )
    yield from (batch for each in outputs for batch in each) if by_loader else outputs


def _is_row(entry: Mapping[str, Any]) -> bool:
    """Whether a mapping is one row rather than a batch: its values are single."""
    return all(not isinstance(value, (list, tuple)) and getattr(value, "ndim", 0) == 0 for value in entry.values())


def _columns(name: str, output: Any) -> Iterator[tuple[str, list[Any]]]:
    if isinstance(output, Mapping):
        for key, value in output.items():
            yield from _columns(str(key), value)
    elif isinstance(output, Tensor):
        yield from _tensor_columns(name, output.detach().cpu())
    elif isinstance(output, (list, tuple)) and output and all(isinstance(entry, Mapping) for entry in output):
        for key in output[0]:
            yield str(key), [_single(entry.get(key)) for entry in output]
    elif isinstance(output, tuple) or (isinstance(output, list) and any(isinstance(each, Tensor) for each in output)):
        for place, value in enumerate(output, 1):
            yield from _columns(f"{name} {place}", value)
    elif hasattr(output, "tolist"):  # an array of NumPy
        yield from _tensor_columns(name, torch.as_tensor(output))
    else:
        yield name, list(output) if isinstance(output, list) else [output]


def _tensor_columns(name: str, values: Tensor) -> Iterator[tuple[str, list[Any]]]:
    values = values.float() if values.dtype in (torch.bfloat16, torch.float16) else values
    if values.ndim == 0:
        yield name, [values.item()]
    elif values.ndim == 2 and values.shape[1] > 1:
        yield from ((f"{name} {place}", column.tolist()) for place, column in enumerate(values.T, 1))
    else:
        yield name, (values.squeeze(1) if values.ndim == 2 else values).tolist()


def _single(value: Any) -> Any:
    return value.tolist() if hasattr(value, "tolist") else value
