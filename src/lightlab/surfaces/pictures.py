"""Draws trajectories on the contour lines of a surface, for one run and for a sweep."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
import yaml
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import BoundaryNorm
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from PIL import Image

from lightlab.config.composition import Config
from lightlab.config.instantiation import part
from lightlab.files import whole_file
from lightlab.plots.style import COLOURS, DASHES, Say, labels, save
from lightlab.surfaces.functions import Surface
from lightlab.surfaces.trajectory import Trajectory

Ways = Mapping[str, Trajectory]  # by what the legend calls them
FRAMES = 100


def surface_figure(surface: Surface, name: str, ways: Ways, say: Say = str) -> Figure:
    """All ways on one contour plot; at its side the learning rate and the height above the minimum by step."""
    figure = Figure(figsize=(11, 5.2), layout="constrained")
    grid = figure.add_gridspec(2, 2, width_ratios=(1.6, 1))
    axes = figure.add_subplot(grid[:, 0])
    _contours(axes, surface, ways, say)
    axes.set_title(f"{name}: f = {surface.formula}")
    lines = [_line(axes, index, label, len(way.x)) for index, (label, way) in enumerate(ways.items())]
    for line, way in zip(lines, ways.values(), strict=True):
        line.set_data(way.x, way.y)
        axes.plot(*_end(way), marker="s", color=line.get_color(), markeredgecolor="white", zorder=4)
    _legend(axes, ways)
    _rates(figure.add_subplot(grid[0, 1]), ways, say)
    _heights(figure.add_subplot(grid[1, 1]), surface, ways, say)
    return figure


def animate(surface: Surface, ways: Ways, path: Path, say: Say = str) -> None:
    """Writes a GIF of at most `FRAMES` frames in which all ways grow together, step by step."""
    figure = Figure(figsize=(6.4, 4.8), layout="constrained")
    canvas = FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    _contours(axes, surface, ways, say)
    axes.set_title(f"f = {surface.formula}")
    _legend(axes, ways)
    lines = [_line(axes, index, label, len(way.x)) for index, (label, way) in enumerate(ways.items())]
    canvas.draw()
    background = canvas.copy_from_bbox(figure.bbox)  # drawn once: contours take longer than all frames
    frames = []
    longest = max(len(way.steps) for way in ways.values())
    for shown in np.unique(
        (np.linspace(1, longest**0.5, FRAMES) ** 2).round().astype(int)
    ):  # the first steps one by one
        canvas.restore_region(background)
        for line, way in zip(lines, ways.values(), strict=True):
            line.set_data(way.x[:shown], way.y[:shown])
            axes.draw_artist(line)
        frames.append(Image.fromarray(np.asarray(canvas.buffer_rgba())[..., :3]).quantize(64, dither=Image.Dither.NONE))
    with whole_file(path) as unfinished:
        waits = [60] * (len(frames) - 1) + [2000]  # ms; the last stays
        frames[0].save(unfinished, "GIF", save_all=True, append_images=frames[1:], duration=waits, loop=0)


def _contours(axes: Axes, surface: Surface, ways: Ways, say: Say) -> None:
    left, right, bottom, top = surface.window
    starts = [(way.x[0], way.y[0]) for way in ways.values()]
    left, right = min(left, *(x - 0.5 for x, _ in starts)), max(right, *(x + 0.5 for x, _ in starts))
    bottom, top = min(bottom, *(y - 0.5 for _, y in starts)), max(top, *(y + 0.5 for _, y in starts))
    x, y = torch.meshgrid(torch.linspace(left, right, 240), torch.linspace(bottom, top, 240), indexing="xy")
    heights = surface.height(x, y).numpy()
    levels = np.unique(np.quantile(heights, np.linspace(0, 1, 22)))  # evenly crowded, however steep the surface
    shades = BoundaryNorm(levels, ncolors=256)
    axes.contourf(x, y, heights, levels, cmap="Greys", norm=shades, alpha=0.4)
    axes.contour(x, y, heights, levels, colors="0.6", linewidths=0.5)
    axes.set(xlabel="x", ylabel="y", xlim=(left, right), ylim=(bottom, top))
    for point in surface.minima:
        axes.plot(*point, marker="*", markersize=15, color="#F0E442", markeredgecolor="black", zorder=3)
    for point in dict.fromkeys(starts):
        axes.plot(*point, marker="o", markersize=7, color="white", markeredgecolor="black", zorder=3)
        box = {"boxstyle": "round,pad=0.15", "facecolor": "white", "edgecolor": "none", "alpha": 0.7}
        axes.annotate(say("start"), point, xytext=(0, 10), textcoords="offset points", ha="center", bbox=box)


def _line(axes: Axes, index: int, label: str, points: int) -> Line2D:
    (line,) = axes.plot([], [], **look(index), linewidth=1.6, label=label, marker=".", markevery=max(1, points // 40))
    return line


def look(index: int) -> dict[str, Any]:
    """Colour and dash of a line: no two of the first 49 alike."""
    turn, place = divmod(index, len(COLOURS))
    return {"color": COLOURS[place], "linestyle": DASHES[(place + turn) % len(DASHES)]}


def _legend(axes: Axes, ways: Ways) -> None:
    handles = [Line2D([], [], **look(index), linewidth=1.6, label=label) for index, label in enumerate(ways)]
    axes.legend(handles=handles, loc="best", fontsize="small", framealpha=0.9, handlelength=3.5)


def _end(way: Trajectory) -> tuple[float, float]:
    """Where it was last at a finite place."""
    return next(
        ((x, y) for x, y in zip(reversed(way.x), reversed(way.y), strict=True) if np.isfinite(x) and np.isfinite(y))
    )


def _rates(axes: Axes, ways: Ways, say: Say) -> None:
    for index, way in enumerate(ways.values()):
        axes.plot(way.steps, way.learning_rates, **look(index))
    rates = [rate for way in ways.values() for rate in way.learning_rates if rate > 0]
    if rates and max(rates) > 20 * min(rates):
        axes.set_yscale("log")
    else:
        axes.set_ylim(0, 1.1 * max(rates, default=1))
    axes.set(title=say("learning rate"), xlabel=say("step"))
    axes.grid(alpha=0.3)


def _heights(axes: Axes, surface: Surface, ways: Ways, say: Say) -> None:
    lowest = float(surface(torch.tensor(surface.minima, dtype=torch.float64)))
    for index, way in enumerate(ways.values()):
        axes.plot(way.steps, np.maximum(np.array(way.heights) - lowest, 1e-12), **look(index))
    axes.set_yscale("log")
    axes.set(title=say("height above the minimum"), xlabel=say("step"))
    axes.grid(alpha=0.3)


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
