"""Reads the labels of photos, and turns them into targets."""

import csv
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from lightlab.data.csv_rows import Row, is_number, read_rows
from lightlab.data.encoding import open_text, text_encoding
from lightlab.data.images.reading import SUFFIXES as IMAGE_SUFFIXES
from lightlab.data.notation import PLAIN
from lightlab.errors import DataError, did_you_mean

SUFFIXES = (".csv", ".txt", ".tsv")
SEPARATORS = "\t;,"
SNIFFED, SNIFFED_LENGTH = 20, 200  # lines, and characters of a line: the time grows with their square
LARGEST = torch.finfo(torch.float32).max


@dataclass(frozen=True)
class Label:
    """The label of a photo.

    Attributes:
        photo: the photo's name, as written.
        text: the label, as written; None if there is none.
        where: its place, for messages, such as ``scores.csv line 4``.
    """

    photo: str
    text: str | None
    where: str


@dataclass(frozen=True)
class Columns:
    """The names of the columns; None: recognised by content."""

    name: str | None = None
    label: str | None = None


def read_label_file(path: Path, is_photo: Callable[[str], bool], columns: Columns) -> list[Label]:
    """Reads ``name,score`` rows (comma, semicolon or tab; with or without a header) or lines of ``name score``.

    Without `columns`, photos' names are in the first column that holds one, and labels in the only other column; a
    file of one column has no labels.

    Args:
        is_photo: whether a cell names a photo.

    Raises:
        DataError: not such a file, or a column that it does not have.
    """
    rows = _rows(path)
    head = rows[0][1] if rows else []
    header = None if any(map(is_photo, head)) or not head or is_number(head[-1]) else head
    rows = rows[1:] if header else rows
    if not rows:
        raise DataError(f"{path}: no row; expected a photo's name and its label a line")
    name, label = _place(path, header, columns.name), _place(path, header, columns.label)
    if name is None:
        name = _place_of_names(rows[0][1], is_photo, label)
    if label is None and len(head) > 2:
        shown = ", ".join(header) if header else f"{len(head)} columns and no header"
        raise DataError(f"{path}: has {shown}; name the column of the labels: data.label_column=")
    if label is None and len(head) == 2:
        label = 1 - name
    return [_label(path, number, cells, len(head), name, label) for number, cells in rows]


def _label(path: Path, number: int, cells: list[str], width: int, name: int, label: int | None) -> Label:
    where = f"{path.name} line {number}"
    if len(cells) != width:
        raise DataError(f"{path} line {number}: {len(cells)} cells; the first line has {width}")
    return Label(cells[name].strip(), None if label is None else cells[label].strip(), where)


def _place(path: Path, header: Sequence[str] | None, name: str | None) -> int | None:
    if name is None:
        return None
    if header is None:
        raise DataError(f"{path}: its first line is no header, so no column is called {name!r}")
    if name not in header:
        raise DataError(f"{path}: no column {name!r}; {did_you_mean(name, header)}it has {', '.join(header)}")
    return header.index(name)


def _place_of_names(cells: Sequence[str], is_photo: Callable[[str], bool], label: int | None) -> int:
    """Prefers a cell with a photo's suffix to one that names a file: a photo may be called 3.jpg, and a score 3."""
    places = [place for place in range(len(cells)) if place != label] or [0]
    by_suffix = (place for place in places if cells[place].lower().endswith(IMAGE_SUFFIXES))
    by_name = (place for place in places if is_photo(cells[place]))
    return next(by_suffix, next(by_name, places[0]))


def _rows(path: Path) -> list[Row]:
    """Returns the rows that are not blank: of cells, or of a name and a score with white space between."""
    encoding = text_encoding(path)
    with open_text(path, encoding) as file:
        lines = [(number, line.strip()) for number, line in enumerate(file, 1) if line.strip()]
    try:
        separator = (
            csv.Sniffer().sniff("\n".join(line[:SNIFFED_LENGTH] for _, line in lines[:SNIFFED]), SEPARATORS).delimiter
        )
    except csv.Error:  # none of them
        if path.suffix.lower() != ".csv":  # a name may hold spaces, a score does not
            return [(number, line.rsplit(maxsplit=1)) for number, line in lines]
        separator = ","
    return [(number, cells) for number, cells in read_rows(path, separator, encoding) if any(cells)]


SHOWN = 5  # labels in a message


def targets_of(
    kind: str, labels: Sequence[Label], names: Sequence[str] | None, limits: Sequence[float] | None
) -> tuple[Tensor, tuple[str, ...]]:
    """Returns targets as a `Split` holds them, not yet scaled, and the names of classes.

    Args:
        names: of classes; None: those in the labels.
        limits: the lowest and the highest number.

    Raises:
        DataError: labels that cannot be used.
    """
    if kind == "number":
        return _numbers(labels, limits), ()
    targets, names = _classes(labels, names)
    if kind == "class":
        return targets, names
    if len(names) != 2:
        raise DataError(f"{len(names)} classes ({', '.join(names[:SHOWN])}); data.target_kind=binary takes two")
    return targets.float().unsqueeze(1), names


def _numbers(labels: Sequence[Label], limits: Sequence[float] | None) -> Tensor:
    """Returns float32 (N, 1)."""
    low, high = limits or (-math.inf, math.inf)

    def objection(text: str) -> str | None:
        value = PLAIN.number(text)
        if value is None:
            return "is not a number" if text else "is empty"
        if abs(value) > LARGEST:
            return f"is not a finite number of at most {LARGEST:.1e} in size"
        return None if low <= value <= high else f"is outside {low:g} to {high:g} (data.score_range)"

    _check(labels, objection)
    return torch.tensor([[PLAIN.number(label.text or "")] for label in labels], dtype=torch.float32).reshape(-1, 1)


def _classes(labels: Sequence[Label], names: Sequence[str] | None) -> tuple[Tensor, tuple[str, ...]]:
    """Returns int64 (N,) and the classes' names: `names`, else those in the labels, sorted (numbers by value)."""
    known = list(names) if names else _sorted({label.text or "" for label in labels} - {""})

    def objection(text: str) -> str | None:
        if not text:
            return "is empty"
        return None if text in known else f"is not a class; {did_you_mean(text, known)}there are {', '.join(known)}"

    _check(labels, objection)
    return torch.tensor([known.index(label.text or "") for label in labels], dtype=torch.int64), tuple(known)


def _check(labels: Sequence[Label], objection: Callable[[str], str | None]) -> None:
    bad = [(label, reason) for label in labels if (reason := objection(label.text or ""))]
    if bad:
        shown = "; ".join(f"{label.where} ({label.photo}): {label.text!r} {reason}" for label, reason in bad[:SHOWN])
        more = f"; and {len(bad) - SHOWN:,} more" if len(bad) > SHOWN else ""
        raise DataError(f"{len(bad):,} of {len(labels):,} labels cannot be used: {shown}{more}")


def _sorted(names: set[str]) -> list[str]:
    try:
        return sorted(
            sorted(names), key=float
        )  # sorted twice: names such as nan, or 1 and 1.0, have no order as numbers
    except ValueError:
        return sorted(names)
