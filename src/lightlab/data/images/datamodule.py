"""Small images of classes: Fashion-MNIST, MNIST, and any data set in their formats."""

import os
from collections.abc import Callable, Mapping, Sequence
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from lightlab.data.base import Inputs
from lightlab.data.cache import cache_folder, cached
from lightlab.data.download import RemoteFile, download, refuse_same_names
from lightlab.data.images.idx import read_idx, read_idx_pair
from lightlab.data.images.pixel_csv import read_pixel_csv
from lightlab.data.images.pixels import PixelDataModule
from lightlab.data.images.reading import SUFFIXES, photos_in, read_photos
from lightlab.data.loader import Augment, Split
from lightlab.data.sources import NotFound, fetch_missing, find_file, note, real_or_synthetic
from lightlab.data.splits import cut_rows
from lightlab.errors import DataError, UsageError, shortened
from lightlab.files import inside, readable_name, user_path
from lightlab.spec import Spec

Images = tuple[np.ndarray, np.ndarray]  # uint8 (N, H, W), int64 (N,)


class ImageClasses(PixelDataModule):
    """Images (N, 1, H, W), held as uint8; validation rows are cut from the training rows, the same for every seed.

    docs/configuration.md explains the settings.

    Args:
        name: of the data set and of its folder in `data_dir`.
        files: for ``train`` and ``test``: the IDX pair's `images` and `labels`, and names that a `csv` may have.
        synthetic: makes ``(images, labels)``, the last `synthetic_test` for the test; None: real data only.
    """

    example_option = "input=photo.png"

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
        synthetic: Callable[[], Images] | None,
        synthetic_test: int,
        val_fraction: float,
        train_size: int | None = None,
        scale: str = "unit",
        augment: Augment | None = None,
        size: Sequence[int] = (28, 28),
        invert: str | bool = "auto",
        **loading: Any,
    ) -> None:
        super().__init__(val_fraction=val_fraction, scale=scale, train_size=train_size, augment=augment, **loading)
        self.dataset = name
        self.class_names = tuple(class_names)
        self.source = source if synthetic else "files"
        self.folder = inside(user_path(data_dir), name)
        self.cache_folder = cache_folder(cache_dir)
        _check_files(files)
        self.files = files
        self.remote = [RemoteFile(**file) for file in remote]
        refuse_same_names(self.remote)
        self.mirrors = list(mirrors)
        self.synthetic = synthetic
        self.synthetic_test = synthetic_test
        self.height, self.width = size
        self.invert = invert

    def load(self) -> tuple[Spec, dict[str, Split]]:
        train, test = self._find()
        splits = self._folded(_split(*train)) if self.fold else self._cut(_split(*train)) | {"test": _split(*test)}
        if self.scale == "standard":
            self.fit_scale(splits["train"])
        return self._spec(), splits

    def read(self, source: Any) -> Inputs:
        path = user_path(str(source))
        labels = paths = None
        if os.path.isdir(path):  # Path.is_dir raises on a name that is too long
            paths = photos_in(path)
            images = read_photos(paths, self.height, self.width, self.invert)
            names = [readable_name(photo.name) for photo in paths]
        elif path.name.removesuffix(".gz").endswith(".csv"):
            images, labels = self._read_csv(path)
            names = [str(row + 1) for row in range(len(images))]
        elif not path.name.lower().endswith(SUFFIXES) and ("idx" in path.name or path.name.endswith("ubyte")):
            images, labels = _read_idx_input(path, len(self.class_names))
            names = [str(row) for row in range(len(images))]
        else:
            images = read_photos([path], self.height, self.width, self.invert)
            names, paths = [readable_name(path.name)], [path]
        if images.shape[1:] != (self.height, self.width):
            raise DataError(
                f"{path}: images of {images.shape[1]}x{images.shape[2]}; this run takes {self.height}x{self.width}"
            )
        targets = None if labels is None else torch.from_numpy(labels)
        return Inputs(names, torch.from_numpy(images).unsqueeze(1), targets, photos=paths)

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
        """Cuts the fold from the training rows: the data set's own test rows stay untouched."""
        rows = cut_rows(len(split), 0.0, self.val_fraction, split.targets.numpy(), self.fold)
        return {name: split.take(torch.from_numpy(index)) for name, index in rows.items()}

    def _find(self) -> tuple[Images, Images]:
        real = real_or_synthetic(self.source, self.dataset, lambda: self._files() or self._download())
        if real is not None:
            self.origin = "real"
            return real
        assert self.synthetic is not None  # see __init__
        images, labels = self.synthetic()
        cut = len(images) - self.synthetic_test
        return (images[:cut], labels[:cut]), (images[cut:], labels[cut:])

    def _files(self) -> tuple[Images, Images] | None:
        train, test = self._part("train"), self._part("test")
        if train and not test:
            note(f"{self.folder} has no labelled test rows: a seventh of the training rows serves as the test set")
            self.notes["test_rows"] = "held out of the training rows"
            return _hold_out(*train)
        return (train, test) if train and test else None

    def _part(self, part: str) -> Images | None:
        names = self.files[part]
        images, labels = (find_file(self.folder, [names[kind]]) for kind in ("images", "labels"))
        if images and labels:
            return self._read_idx_files(images, labels)
        path = find_file(self.folder, names["csv"])
        if path is None:
            return None
        pixels, classes = self._read_csv(path, labelled=True)
        assert classes is not None
        return pixels, classes

    def _read_idx_files(self, images: Path, labels: Path) -> Images:
        classes = len(self.class_names)
        arrays = cached(
            [images, labels],
            self.cache_folder,
            f"idx 1 {classes}",
            lambda: dict(zip(("images", "labels"), read_idx_pair(images, labels, classes), strict=True)),
        )
        shape = arrays["images"].shape[1:]
        if shape != (self.height, self.width):
            raise DataError(f"{images}: images of {shape}; {self.dataset} has {(self.height, self.width)}")
        return arrays["images"], arrays["labels"]

    def _read_csv(self, path: Path, labelled: bool | None = None) -> tuple[np.ndarray, np.ndarray | None]:
        settings = len(self.class_names), self.height, self.width, labelled

        def parse() -> dict[str, np.ndarray]:
            images, labels = read_pixel_csv(path, *settings)
            return {"images": images} if labels is None else {"images": images, "labels": labels}

        arrays = cached([path], self.cache_folder, f"pixel CSV 2 {settings}", parse)
        return arrays["images"], arrays.get("labels")

    def _download(self) -> tuple[Images, Images]:
        def fetch() -> tuple[Images, Images] | None:
            for file in self.remote:
                if find_file(self.folder, [file.name]) is None:
                    download(file, self.mirrors, self.folder)
            return self._files()

        names = [self.files[part][kind] for part in ("train", "test") for kind in ("images", "labels")]
        expected = f"{', '.join(names)} (or the CSV files)"
        images = fetch_missing(self.source, self.folder, expected, fetch if self.remote else None)
        if images is None:
            raise NotFound(f"{self.folder} does not hold {self.dataset}: it should have {expected}")
        return images


def _check_files(files: Mapping[str, Mapping[str, Any]]) -> None:
    for part, kind in product(("train", "test"), ("images", "labels", "csv")):
        names = files.get(part, {}).get(kind)
        if not (isinstance(names, Sequence) if kind == "csv" else isinstance(names, str)) or names == "":
            expected = "a list of names" if kind == "csv" else "the name of a file"
            raise UsageError(f"data.files.{part}.{kind}={shortened(names)}: must be {expected}")


def _split(images: np.ndarray, labels: np.ndarray) -> Split:
    return Split(torch.from_numpy(images).unsqueeze(1), torch.from_numpy(labels))


def _hold_out(images: np.ndarray, labels: np.ndarray) -> tuple[Images, Images]:
    order = _fixed_order(len(labels)).numpy()
    cut = len(labels) // 7
    return (images[order[cut:]], labels[order[cut:]]), (images[order[:cut]], labels[order[:cut]])


def _fixed_order(rows: int) -> Tensor:
    """Is the same for every seed, so that no run trains on rows that test another one."""
    return torch.randperm(rows, generator=torch.Generator().manual_seed(0))


def _read_idx_input(path: Path, classes: int) -> tuple[np.ndarray, np.ndarray | None]:
    """Returns the images of an IDX file, and the labels of the file beside it that is named alike, if there is one."""
    labels = path.with_name(path.name.replace("images-idx3", "labels-idx1"))
    if labels != path and labels.is_file():
        return read_idx_pair(path, labels, classes)
    images = read_idx(path)
    if images.ndim != 3:
        raise DataError(f"{path}: holds labels, not images; name the images' file")
    return images, None
