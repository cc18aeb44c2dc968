"""Pictures that runs and sweeps have drawn, for the page."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from lightlab.report.comparison import Comparison
from lightlab.report.table import link

_PNG = b"\x89PNG\r\n\x1a\n"
_LARGEST = 2 * 2**20  # bytes; larger ones are linked only
_WHY = ("mistakes.png", "predictions.png", "samples.png")  # of the best run: the first of these that it has


@dataclass
class Picture:
    """Attributes:
    data: a ``data:`` address that holds the picture itself.
    """

    name: str
    data: str


@dataclass
class Link:
    name: str
    target: str


def embedded(path: Path, name: str) -> Picture | None:
    """None for what is no PNG, cannot be read or is large."""
    try:
        contents = path.read_bytes() if path.stat().st_size <= _LARGEST else b""
    except OSError:
        return None
    if not contents.startswith(_PNG):
        return None
    return Picture(name, "data:image/png;base64," + base64.b64encode(contents).decode())


def of_sweeps(folders: Iterable[Path]) -> list[Picture]:
    """What a sweep has drawn for itself, such as all its trajectories."""
    paths = [path for folder in folders for path in sorted((folder / "figures").glob("*.png"))]
    return [picture for path in paths if (picture := embedded(path, path.stem))]


def of_best_run(comparison: Comparison, to: Path) -> tuple[list[Picture], list[Link]]:
    """One picture that may say why, and links to all."""
    if not comparison.scored:
        return [], []
    best = comparison.scored[0]
    index = best.scores.index((max if comparison.larger_is_better else min)(best.scores))
    folder = best.judged[index].folder / "figures"
    paths = sorted(path for path in folder.glob("*") if path.suffix in (".png", ".svg", ".pdf", ".gif", ".html"))
    why = next((folder / name for name in _WHY if (folder / name).is_file()), None)
    shown = embedded(why, f"{best.label}: {why.stem}".removeprefix(": ")) if why else None
    return [shown] if shown else [], [Link(path.stem, link(path, to)) for path in paths]
