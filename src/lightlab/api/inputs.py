"""Rows to predict as Python holds them: arrays, tensors, tables, pictures, lists of paths."""

import tempfile
from collections.abc import Sequence
from dataclasses import replace
from os import PathLike, fspath
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from PIL import Image

from lightlab.data.base import Inputs, ResidentDataModule
from lightlab.errors import DataError, LightlabError, one_line


def read_inputs(source: Any, data: ResidentDataModule) -> Inputs:
    """Reads what `Run.predict` is given, by the data module's own reader.

    Args:
        source: a path, or a list of them; a DataFrame; a picture of Pillow's, or a list of them; rows of numbers as an
            array, a tensor or lists. Images are (H, W), (N, H, W), (N, C, H, W) or (N, H, W, C), whole numbers from 0
            to 255 or fractions from 0 to 1.

    Raises:
        DataError: it cannot be read as rows of this task.
    """
    if isinstance(source, (str, PathLike)):
        return data.read(fspath(source))
    if isinstance(source, pd.DataFrame):
        return _through_a_file(source, data)
    items = source if isinstance(source, (list, tuple)) else [source]
    if items and all(isinstance(item, (str, PathLike)) for item in items):
        return _joined([data.read(fspath(item)) for item in items])
    if items and all(isinstance(item, Image.Image) for item in items):
        return _through_files(items, data)
    if len(data.spec.input_shape) == 3 and data.spec.target != "token":
        return _through_files(_pictures(_array(source), data.spec.input_shape), data)
    return data.read(_array(source).tolist() if not isinstance(source, (list, int, float)) else source)


def _array(source: Any) -> np.ndarray:
    try:
        if isinstance(source, (list, tuple)) and source and isinstance(source[0], torch.Tensor):
            source = torch.stack(list(source))
        array = source.detach().cpu().numpy() if isinstance(source, torch.Tensor) else np.asarray(source)
    except (ValueError, RuntimeError, TypeError) as error:
        raise DataError(f"the input holds rows of different shapes ({one_line(error, 120)})") from None
    if array.dtype.kind not in "biuf":
        raise DataError(f"an input of type {type(source).__name__}; pass paths, numbers, pictures or a DataFrame")
    return array


def _pictures(array: np.ndarray, shape: Sequence[int]) -> list[Image.Image]:
    """Returns a picture for each image of an array; `shape` is the network's (C, H, W)."""
    channels, height, width = shape
    if array.ndim in (1, 2) and array.shape[-1] == height * width:  # pixels in a row
        array = array.reshape(-1, height, width)
    is_one = array.ndim == 2 or (array.ndim == 3 and (array.shape[-1] == 3 or array.shape[0] == channels != 1))
    array = array[None] if is_one else array
    if array.ndim == 4 and array.shape[1] in (1, 3):
        array = np.moveaxis(array, 1, -1)
    array = array[..., 0] if array.ndim == 4 and array.shape[-1] == 1 else array
    if array.ndim not in (3, 4) or (array.ndim == 4 and array.shape[-1] != 3):
        raise DataError(f"an array of shape {array.shape}: expected images (N, H, W), (N, C, H, W) or (N, H, W, C)")
    is_fraction = array.dtype.kind == "f"
    if array.size and not (array.min() >= 0 and array.max() <= (1 if is_fraction else 255)):
        raise DataError(
            f"pixels from {array.min():.4g} to {array.max():.4g}: expected whole numbers from 0 to 255, or fractions "
            "from 0 to 1"
        )
    pixels = (array * 255).round() if is_fraction else array
    return [Image.fromarray(image) for image in pixels.astype(np.uint8)]


def _through_files(pictures: Sequence[Image.Image], data: ResidentDataModule) -> Inputs:
    """Has the data module read pictures as it reads photos: the steps from a file to a row are its own."""
    if not pictures:
        raise DataError("the input holds no row")
    with tempfile.TemporaryDirectory() as folder:
        for number, picture in enumerate(pictures):
            picture.save(Path(folder, f"{number:07}.png"))
        return _numbered(_read(folder, data), len(pictures))


def _through_a_file(frame: pd.DataFrame, data: ResidentDataModule) -> Inputs:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "rows.parquet")
        try:
            frame.rename(columns=str).to_parquet(path, index=False)
        except Exception as error:  # pyarrow's are of many kinds
            raise DataError(f"the DataFrame holds a column of mixed values ({one_line(error, 160)})") from None
        return _read(str(path), data)


def _read(path: str, data: ResidentDataModule) -> Inputs:
    try:
        return data.read(path)
    except LightlabError as error:
        raise type(error)(str(error).replace(path, "the input")) from None


def _numbered(inputs: Inputs, rows: int) -> Inputs:
    return replace(inputs, names=[str(row) for row in range(rows)], index_name="row", photos=None)


def _joined(parts: Sequence[Inputs]) -> Inputs:
    """Returns the rows of several inputs; their labels if all have some."""
    first = parts[0]
    targets = [part.targets for part in parts if part.targets is not None]
    photos = [photo for part in parts for photo in part.photos or []]
    columns = {name: [cell for part in parts for cell in (part.columns or {})[name]] for name in first.columns or {}}
    return Inputs(
        names=[name for part in parts for name in part.names],
        inputs=torch.cat([part.inputs for part in parts]),
        targets=torch.cat(targets) if len(targets) == len(parts) else None,
        columns=columns or None,
        index_name=first.index_name,
        photos=photos if all(part.photos for part in parts) else None,
    )
