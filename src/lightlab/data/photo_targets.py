"""Labels as they are written down to the targets that a network learns."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from lightlab.data.photo_labels import Label
from lightlab.errors import DataError, did_you_mean

SHOWN = 5  # labels that cannot be used are named, so many of them


def targets_of(
    kind: str, labels: Sequence[Label], names: Sequence[str] | None, limits: Sequence[float] | None
) -> tuple[Tensor, tuple[str, ...]]:
    """The targets of a kind, as a `Split` holds them but for their scale, and the names of classes.

    Args:
        names: of classes; None: those that the labels have.
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
    """float32 (N, 1)."""
    low, high = limits or (-math.inf, math.inf)

    def objection(text: str) -> str | None:
        try:
            value = float(text)
        except ValueError:
            return "is no number" if text else "is empty"
        if not math.isfinite(value):
            return "is no finite number"
        return None if low <= value <= high else f"is outside {low:g} to {high:g} (data.score_range)"

    _check(labels, objection)
    return torch.tensor([[float(label.text or "")] for label in labels], dtype=torch.float32).reshape(-1, 1)


def _classes(labels: Sequence[Label], names: Sequence[str] | None) -> tuple[Tensor, tuple[str, ...]]:
    """int64 (N,), and the classes' names: `names`, else those that are there, sorted (numbers by their value)."""
    known = list(names) if names else _sorted({label.text or "" for label in labels} - {""})

    def objection(text: str) -> str | None:
        if not text:
            return "is empty"
        return None if text in known else f"is no class; {did_you_mean(text, known)}there are {', '.join(known)}"

    _check(labels, objection)
    return torch.tensor([known.index(label.text or "") for label in labels], dtype=torch.int64), tuple(known)


def _check(labels: Sequence[Label], objection: Callable[[str], str | None]) -> None:
    found = [(label, objection(label.text or "")) for label in labels]
    bad = [(label, reason) for label, reason in found if reason]
    if bad:
        shown = "; ".join(f"{label.where} ({label.photo}): {label.text!r} {reason}" for label, reason in bad[:SHOWN])
        more = f"; and {len(bad) - SHOWN:,} more" if len(bad) > SHOWN else ""
        raise DataError(f"{len(bad):,} of {len(labels):,} labels cannot be used: {shown}{more}")


def _sorted(names: set[str]) -> list[str]:
    try:
        return sorted(names, key=float)
    except ValueError:
        return sorted(names)
