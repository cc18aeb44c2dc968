"""The descents of a sweep over surfaces, on one picture."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Any

import yaml

from lightlab.building import part
from lightlab.figures.language import labels
from lightlab.figures.style import save
from lightlab.figures.surface import animate, surface_figure
from lightlab.surfaces import Surface
from lightlab.trajectories import Trajectory

Config = dict[str, Any]


def draw_trajectories(runs: dict[Path, str], figures: Path) -> None:
    """Writes trajectories.png, or trajectories-<surface>.png where the runs went over several surfaces.

    Args:
        runs: folders that hold a trajectory.csv, each with what it is called in the picture. Their configs are
            trusted as conf/ is: this process has just written them.
        figures: the folder to write into.
    """
    surfaces: dict[str, list[Path]] = defaultdict(list)
    for run in runs:
        surfaces[_config(run)["data"]["name"]].append(run)
    for name, found in surfaces.items():
        stem = "trajectories" if len(surfaces) == 1 else f"trajectories-{name}"
        _draw(name, {run: runs[run] for run in found}, figures / f"{stem}.png")


def _config(run: Path) -> Config:
    return yaml.safe_load((run / "config.yaml").read_text(encoding="utf-8"))


def _draw(name: str, runs: dict[Path, str], picture: Path) -> None:
    config = _config(next(iter(runs)))
    surface: Surface = part(config["module"], "surface")
    ways = {label: Trajectory.read(run / "trajectory.csv") for run, label in runs.items()}
    with labels(config["language"]) as say:
        save(surface_figure(surface, name, ways, say), picture)
        print(f"all trajectories on one picture: {picture}")
        if config["callbacks"]["trajectory"]["animation"]:
            animate(surface, ways, picture.with_suffix(".gif"), say)
