"""What a sweep leaves in its folder when its runs have ended."""

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


def finish(folder: Path) -> None:
    """Draws what the runs of a sweep have in common; called also when some of them have failed.

    Descents on one surface come onto one picture, figures/trajectories.png, or trajectories-<surface>.png where the
    sweep went over several.

    Args:
        folder: of the sweep, its runs in folders below it. Their configs are trusted as conf/ is: this process has
            just written them.
    """
    runs = sorted(path.parent for path in folder.glob("*/trajectory.csv") if (path.parent / "config.yaml").is_file())
    surfaces: dict[str, list[Path]] = defaultdict(list)
    for run in sorted(runs, key=lambda run: (len(run.name), run.name)):
        surfaces[_config(run)["data"]["name"]].append(run)
    for name, found in surfaces.items():
        stem = "trajectories" if len(surfaces) == 1 else f"trajectories-{name}"
        _draw(name, found, folder / "figures" / f"{stem}.png")


def distinct_overrides(runs: list[Path]) -> list[str]:
    """What each run was told that not all were, such as ``adam`` or ``optimizer=adam, optimizer.lr=0.1``."""
    told = [_overrides(run) for run in runs]
    differing = {each for overrides in told for each in overrides if not all(each in others for others in told)}
    keys = {each.partition("=")[0] for each in differing}
    kept = [[each for each in overrides if each in differing] for overrides in told]
    if len(keys) == 1:
        kept = [[each.partition("=")[2] for each in overrides] for overrides in kept]
    return [", ".join(each) or run.name for each, run in zip(kept, runs, strict=True)]


def _overrides(run: Path) -> list[str]:
    path = run / ".hydra" / "overrides.yaml"
    return yaml.safe_load(path.read_text(encoding="utf-8")) if path.is_file() else []


def _config(run: Path) -> Config:
    return yaml.safe_load((run / "config.yaml").read_text(encoding="utf-8"))


def _draw(name: str, runs: list[Path], picture: Path) -> None:
    config = _config(runs[0])
    surface: Surface = part(config["module"], "surface")
    ways = {
        label: Trajectory.read(run / "trajectory.csv")
        for label, run in zip(distinct_overrides(runs), runs, strict=True)
    }
    with labels(config["language"]) as say:
        save(surface_figure(surface, name, ways, say), picture)
        print(f"all trajectories on one picture: {picture}")
        if config["callbacks"]["trajectory"]["animation"]:
            animate(surface, ways, picture.with_suffix(".gif"), say)
