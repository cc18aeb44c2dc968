"""Small images with a class each: Fashion-MNIST, MNIST, and whatever else comes in their formats."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from lightlab.data.base import Inputs, ResidentDataModule
from lightlab.data.cache import cache_folder
from lightlab.data.download import RemoteFile, download, find
from lightlab.data.images.idx import read_idx, read_idx_pair
from lightlab.data.images.pixel_csv import read_pixel_csv
from lightlab.data.images.reading import SUFFIXES, photos_in, read_photo
from lightlab.data.loader import Augment, Split
from lightlab.data.notes import say_embedded
from lightlab.data.splits import cut_rows
from lightlab.errors import DataError, UsageError
from lightlab.spec import Spec

Images = tuple[np.ndarray, np.ndarray]  # uint8 (N, H, W), int64 (N,)


class ImageClasses(ResidentDataModule):
    """Images (N, 1, H, W), held as uint8; validation rows are cut from the training rows, once and for every seed.

    Args:
        name: of the data set and of its folder in `data_dir`.
        source: ``auto`` (files in `data_dir`; else download them there; else the embedded stand-in, said loudly),
            ``files`` (files or an error) or ``embedded``.
        files: for ``train`` and ``test``: the IDX pair's `images` and `labels`, and names that a `csv` may have.
        remote: name, size in bytes and sha256 of each file to download.
        mirrors: addresses that serve those files.
        synthetic: gives the embedded ``(images, labels)``; the last `synthetic_test` rows are its test set.
        val_fraction: share of the training rows that is cut off for validation, in [0, 1); 0 for none.
        train_size: rows of what is then left to train on; null for all.
        scale: ``unit`` (pixels / 255), ``standard`` (mean 0, standard deviation 1, of the training pixels) or ``raw``.
        invert: whether photos are inverted at prediction: ``auto``, True or False.
    """

    can_fold = True

    def __init__(
        self,
        name: str,
        *,
        class_names: Sequence[str],
        source: str,
        data_dir: str,
        cache_dir: str | None,
        files: Mapping[str, Mapping[str, Any]],
        remote: Sequence[Mapping[str, Any]],
        mirrors: Sequence[str],
        synthetic: Callable[[], Images],
        synthetic_test: int,
        val_fraction: float,
        train_size: int | None = None,
        scale: str = "unit",
        augment: Augment | None = None,
        size: Sequence[int] = (28, 28),
        invert: str | bool = "auto",
        **loading: Any,
    ) -> None:
        super().__init__(**loading)
        self.dataset = name
        self.class_names = tuple(class_names)
        self.source = source
        self.folder = Path(data_dir).expanduser() / name
        self.cache_dir = cache_dir
        self.files = files
        self.remote = [RemoteFile(**file) for file in remote]
        self.mirrors = list(mirrors)
        self.synthetic = synthetic
        self.synthetic_test = synthetic_test
        self.val_fraction = val_fraction
        self.train_size = train_size
        self.scale = scale
        self.augment = augment
        self.height, self.width = size
        self.invert = invert
        self.mean, self.std = 0.0, 1.0 / 255 if scale == "raw" else 1.0  # of pixels on [0, 1]

    @property
    def example_input(self) -> str:
        return "photo.png"

    def load(self) -> tuple[Spec, dict[str, Split]]:
        train, test = self._find()
        splits = self._folded(_split(*train)) if self.fold else self._cut(_split(*train)) | {"test": _split(*test)}
        if self.scale == "standard":
            pixels = splits["train"].inputs.numpy()
            self.mean, self.std = float(pixels.mean() / 255), max(float(pixels.std() / 255), 1e-6)
        return self._spec(), splits

    def read(self, source: Any) -> Inputs:
        path = Path(str(source)).expanduser()
        labels = paths = None
        if path.is_dir():
            paths = photos_in(path)
            images = np.stack([read_photo(each, self.height, self.width, self.invert) for each in paths])
            names = [each.name for each in paths]
        elif path.name.removesuffix(".gz").endswith(".csv"):
            images, labels = read_pixel_csv(path, self._cache(), len(self.class_names), self.height, self.width)
            names = [str(row + 1) for row in range(len(images))]
        elif not path.name.lower().endswith(SUFFIXES) and ("idx" in path.name or path.name.endswith("ubyte")):
            images, labels = _read_idx_input(path, len(self.class_names))
            names = [str(row) for row in range(len(images))]
        else:
            images = read_photo(path, self.height, self.width, self.invert)[None]
            names, paths = [path.name], [path]
        if images.shape[1:] != (self.height, self.width):
            raise DataError(
                f"{path}: images of {images.shape[1]}x{images.shape[2]}; this run takes {self.height}x{self.width}"
            )
        targets = None if labels is None else torch.from_numpy(labels)
        return Inputs(names, torch.from_numpy(images).unsqueeze(1), targets, photos=paths)

    def prepare(self, inputs: Tensor) -> Tensor:
        scaled = inputs.float().mul_(1 / (255 * self.std))
        return scaled.sub_(self.mean / self.std) if self.mean else scaled

    def state_dict(self) -> dict[str, float]:
        return {"mean": self.mean, "std": self.std}

    def load_state_dict(self, state_dict: dict[str, float]) -> None:
        self.mean, self.std = state_dict["mean"], state_dict["std"]

    def _spec(self) -> Spec:
        shape = (1, self.height, self.width)
        return Spec(self.dataset, shape, len(self.class_names), "class", class_names=self.class_names)

    def _cut(self, split: Split) -> dict[str, Split]:
        order = _fixed_order(len(split))
        val_size = round(self.val_fraction * len(split))
        if val_size >= len(split):
            raise UsageError(f"data.val_fraction={self.val_fraction} leaves none of {len(split)} rows to train on")
        cut = {"train": split.take(order[val_size:][: self.train_size])}
        return cut | {"val": split.take(order[:val_size])} if val_size else cut

    def _folded(self, split: Split) -> dict[str, Split]:
        """Dealt from the training rows: the data set's own test rows stay untouched."""
        rows = cut_rows(len(split), 0.0, self.val_fraction, split.targets.numpy(), self.fold)
        return {name: split.take(torch.from_numpy(index)) for name, index in rows.items()}

    def _find(self) -> tuple[Images, Images]:
        if self.source != "embedded":
            try:
                found = self._files() or self._downloaded()
            except _NotFound as missing:
                if self.source == "files":
                    raise DataError(str(missing)) from None
                print(f"! {missing}", file=sys.stderr)
            else:
                self.origin = "real"
                return found
        say_embedded(self.dataset)
        images, labels = self.synthetic()
        cut = len(images) - self.synthetic_test
        return (images[:cut], labels[:cut]), (images[cut:], labels[cut:])

    def _files(self) -> tuple[Images, Images] | None:
        train, test = self._part("train"), self._part("test")
        if train and not test:
            print(
                f"! {self.folder} has no labelled test rows: a seventh of the training rows stands in for them",
                file=sys.stderr,
            )
            self.remarks["test_rows"] = "held out of the training rows"
            return _hold_out(*train)
        return (train, test) if train and test else None

    def _part(self, part: str) -> Images | None:
        names = self.files[part]
        images, labels = (find(self.folder, [names[kind]]) for kind in ("images", "labels"))
        if images and labels:
            return self._checked(images, read_idx_pair(images, labels, len(self.class_names)))
        csv = find(self.folder, names["csv"])
        if csv is None:
            return None
        pixels, classes = read_pixel_csv(
            csv, self._cache(), len(self.class_names), self.height, self.width, labelled=True
        )
        assert classes is not None
        return pixels, classes

    def _checked(self, path: Path, images: Images) -> Images:
        if images[0].shape[1:] != (self.height, self.width):
            raise DataError(f"{path}: images of {images[0].shape[1:]}; {self.dataset} has {(self.height, self.width)}")
        return images

    def _downloaded(self) -> tuple[Images, Images]:
        wanted = ", ".join(file.name for file in self.remote)
        where = f"{self.folder} does not hold {self.dataset}: it should have {wanted} (or the CSV files)"
        if self.source == "files":
            raise _NotFound(
                f"{where}; set data_dir= to the folder above {self.dataset}, or data.source=auto to download"
            )
        try:
            for file in self.remote:
                if find(self.folder, [file.name]) is None:
                    download(file, self.mirrors, self.folder)
        except DataError as error:
            raise _NotFound(f"{where}; {error}") from None
        found = self._files()
        if found is None:
            raise _NotFound(where)
        return found

    def _cache(self) -> Path:
        return cache_folder(self.cache_dir)


class _NotFound(Exception):
    """The data set is neither on disk nor to be had; damaged files are a DataError instead."""


def _split(images: np.ndarray, labels: np.ndarray) -> Split:
    return Split(torch.from_numpy(images).unsqueeze(1), torch.from_numpy(labels))


def _hold_out(images: np.ndarray, labels: np.ndarray) -> tuple[Images, Images]:
    order = _fixed_order(len(labels)).numpy()
    cut = len(labels) // 7
    return (images[order[cut:]], labels[order[cut:]]), (images[order[:cut]], labels[order[:cut]])


def _fixed_order(rows: int) -> Tensor:
    """The same for every seed, so that no run trains on rows that another one is judged by."""
    return torch.randperm(rows, generator=torch.Generator().manual_seed(0))


def _read_idx_input(path: Path, classes: int) -> tuple[np.ndarray, np.ndarray | None]:
    """Images of an IDX file, with the labels of the file beside it that is named alike, if there is one."""
    labels = path.with_name(path.name.replace("images-idx3", "labels-idx1"))
    if labels != path and labels.is_file():
        return read_idx_pair(path, labels, classes)
    images = read_idx(path)
    if images.ndim != 3:
        raise DataError(f"{path}: holds labels, not images; name the images' file")
    return images, None
