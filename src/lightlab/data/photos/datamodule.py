"""Photos with a score or a class each, from a folder."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor

from lightlab.data.base import Inputs
from lightlab.data.cache import cache_folder
from lightlab.data.images.pixels import PixelDataModule
from lightlab.data.loader import Augment, MappedSplit, Split
from lightlab.data.photos.decoding import Form, worker_count
from lightlab.data.photos.folder import PhotoSource
from lightlab.data.photos.gallery import (
    Drawings,
    Reader,
    decode_matched,
    drawn_photos,
    find_inputs,
    matched_photos,
    read_now,
)
from lightlab.data.photos.labels import Columns, Label, targets_of
from lightlab.data.sources import NotFound, real_or_synthetic
from lightlab.data.splits import cut_rows
from lightlab.errors import DataError, UsageError
from lightlab.files import readable_name, user_path
from lightlab.spec import Spec, TargetScale


class Photos(PixelDataModule):
    """Photos (N, C, H, W) as uint8, decoded once: upright, reduced to cover the network's shape, then centre-cropped.

    Test and validation rows are the same for every seed. docs/configuration.md explains the settings.

    Args:
        folder: of the photos; or several, of which the first that exists is used.
        labels: a file, or names of which the first that exists is used; None: the only such file in `folder` or, for
            classes, the sub-folders' names.
        synthetic: draws synthetic photos; None: real ones only.
    """

    example_option = "input=photo.jpg"

    def __init__(
        self,
        name: str,
        *,
        target_kind: str,
        source: str,
        folder: str | Sequence[str] | None,
        cache_dir: str | None,
        test_fraction: float,
        val_fraction: float,
        images: Sequence[str] = (),
        labels: str | Sequence[str] | None = None,
        test_labels: str | None = None,
        name_column: str | None = None,
        label_column: str | None = None,
        label_from_name: str | None = None,
        class_names: Sequence[str] | None = None,
        score_range: Sequence[float] | None = None,
        target_name: str = "score",
        target_scale: Literal["standard", "raw", "log"] = "standard",
        size: Sequence[int] = (64, 64),
        grey: bool = False,
        scale: str = "standard",
        bad_photos: str = "refuse",
        workers: int | str = "auto",
        most_memory: int = 2048,
        train_size: int | None = None,
        synthetic: Callable[[], Drawings] | None = None,
        augment: Augment | None = None,
        **loading: Any,
    ) -> None:
        super().__init__(val_fraction=val_fraction, scale=scale, train_size=train_size, augment=augment, **loading)
        self.dataset = name
        self.kind = target_kind
        # Synthetic data never replaces a folder that the user names.
        self.source = "files" if source == "auto" and isinstance(folder, str) else source
        self.where = PhotoSource(
            folders=_list(folder),
            images=_list(images),
            files=_list(labels),
            test_file=test_labels,
            columns=Columns(name_column, label_column),
            pattern=label_from_name,
            by_folder=target_kind != "number",
        )
        self.test_fraction = test_fraction
        self.class_names = None if class_names is None else tuple(map(str, class_names))
        self.score_range = score_range
        self.target_name = target_name
        self.target_scale = target_scale
        height, width = size
        self.reader = Reader(
            form=Form(height, width, grey),
            workers=worker_count(workers),
            bad_photos=bad_photos,
            cache_dir=cache_folder(cache_dir),
            most_bytes=most_memory * 2**20,
        )
        self.synthetic = synthetic

    def load(self) -> tuple[Spec, dict[str, Split]]:
        folder = real_or_synthetic(self.source, self.dataset, self._folder)
        if folder is not None:
            self.origin = "real"
            matched, held_out = matched_photos(folder, self.where)
            labels = [photo.label for photo in matched.photos]
        elif self.synthetic is not None:
            pixels, labels = drawn_photos(self.synthetic(), self.where.pattern, self.reader.form)
            usable, held_out = np.arange(len(labels)), np.zeros(len(labels), bool)
        else:
            raise DataError(f"data.source=embedded: there are no synthetic photos for {self.dataset}; choose files")
        targets, names = targets_of(self.kind, labels, self.class_names, self.score_range)
        if folder is not None:  # after the labels are checked: this may take minutes
            pixels, usable, left_out = decode_matched(folder, matched, self.reader)
            self.notes |= {"left_out": left_out} if left_out else {}
        cut = self._cut(targets[usable], held_out[usable])
        rows = {name: torch.from_numpy(usable[index]) for name, index in cut.items()}
        rows["train"] = rows["train"][: self.train_size]
        scale = TargetScale()
        if self.kind == "number":
            scale = self._fitted(targets[rows["train"]])
            targets = scale.scaled(targets)
        splits = {name: self._split(pixels, targets, index) for name, index in rows.items()}
        if self.scale == "standard":
            self.fit_scale(splits["train"])
        return self._spec(names, scale), splits

    def read(self, source: Any) -> Inputs:
        """Reads a photo, a folder of photos, or a list of them, whose labels become the targets."""
        path = user_path(str(source))
        photos, pixels = read_now(*find_inputs(path, self.where), path, self.reader)
        targets = self._known_targets([photo.label for photo in photos])
        names, files = [readable_name(photo.name) for photo in photos], [photo.path for photo in photos]
        return Inputs(names, torch.from_numpy(pixels), targets, photos=files)

    def _folder(self) -> Path:
        folder = self.where.folder()
        if folder is None:
            names = " or ".join(self.where.folders) or "none is named"
            missing = (
                f"no folder of photos for {self.dataset} ({names}); set data.folder= and, for scores, data.labels="
            )
            raise NotFound(missing) if self.synthetic else DataError(missing)
        return folder

    def _cut(self, targets: Tensor, held_out: np.ndarray) -> dict[str, np.ndarray]:
        labels = None if self.kind == "number" else targets.flatten().numpy()
        if not held_out.any():
            return cut_rows(len(targets), self.test_fraction, self.val_fraction, labels, self.fold)
        remaining = np.flatnonzero(~held_out)
        strata = None if labels is None else labels[remaining]
        cut = cut_rows(len(remaining), 0.0, self.val_fraction, strata, self.fold)
        return {"test": np.flatnonzero(held_out)} | {name: remaining[index] for name, index in cut.items()}

    def _fitted(self, targets: Tensor) -> TargetScale:
        if self.target_scale == "log" and float(targets.min()) <= 0:
            raise UsageError(f"data.target_scale=log: takes scores above 0, and one is {float(targets.min()):g}")
        return TargetScale.fitted(targets, self.target_scale)

    def _split(self, pixels: np.ndarray, targets: Tensor, rows: Tensor) -> Split:
        mapped = MappedSplit(torch.from_numpy(pixels), targets[rows], rows)
        return mapped if pixels.nbytes > self.reader.most_bytes else mapped.take(torch.arange(len(rows)))

    def _spec(self, names: tuple[str, ...], scale: TargetScale) -> Spec:
        outputs = len(names) if self.kind == "class" else 1
        target_name = self.target_name if self.kind == "number" else "class"
        return Spec(
            self.dataset,
            self.reader.form.shape,
            outputs,
            self.kind,
            class_names=names,
            target_name=target_name,
            target_scale=scale,
        )

    def _known_targets(self, labels: Sequence[Label]) -> Tensor | None:
        """Returns targets as in a split; None if a photo has no label, or its name or folder is not that of a class."""
        texts = {label.text for label in labels}
        guessed = all(label.where == label.photo for label in labels)
        if None in texts or (guessed and self.spec.class_names and not texts <= set(self.spec.class_names)):
            return None
        targets, _ = targets_of(self.kind, labels, self.spec.class_names or None, self.score_range)
        return self.spec.target_scale.scaled(targets) if self.kind == "number" else targets


def _list(value: str | Sequence[str] | None) -> tuple[str, ...]:
    return () if value is None else (value,) if isinstance(value, str) else tuple(value)
