"""Draws trajectories on the contour lines of a surface, for one run and for a sweep."""

import sys
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from io import StringIO
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import BoundaryNorm, to_rgb
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from PIL import Image

from lightlab.config.composition import Config
from lightlab.config.instantiation import part
from lightlab.errors import DataError, message_of
from lightlab.files import whole_file
from lightlab.plots.style import CYCLE, Translate, save, translator
from lightlab.runs.records import LARGEST_TABLE, read_text, read_yaml
from lightlab.runs.trust import Targets, check_trusted
from lightlab.surfaces.functions import Surface

COLUMNS = ["step", "x", "y", "f", "learning_rate"]  # after so many steps; the rate is the next step's
Trajectories = Mapping[str, pd.DataFrame]  # of COLUMNS, by the label in the legend
# In the order of their colours: an optimizer has the same colour in every picture.
OPTIMIZERS = ("sgd", "momentum", "adagrad", "rmsprop", "adam", "nesterov", "adadelta", "adamw", "lion", "muon")
MINIMUM_COLOUR = "#F0E442"
FRAMES = 100


def surface_figure(surface: Surface, name: str, trajectories: Trajectories, translate: Translate = str) -> Figure:
    """All trajectories on one contour plot, with the learning rate and the height above the minimum by step."""
    figure = Figure(figsize=(11, 5.2), layout="constrained")
    panels = figure.subplot_mosaic([["map", "rates"], ["map", "heights"]], width_ratios=(1.6, 1))
    lines = _draw_map(panels["map"], surface, trajectories, translate)
    panels["map"].set_title(f"{name}: f = {surface.formula}")
    for line, trajectory in zip(lines, trajectories.values(), strict=True):
        points = trajectory[["x", "y"]].to_numpy()
        end = points[np.isfinite(points).all(1)][-1]
        panels["map"].plot(*end, marker="s", color=line.get_color(), markeredgecolor="white", zorder=4)
    _draw_by_step(panels["rates"], panels["heights"], surface, trajectories)
    for panel, title in (("rates", "learning rate"), ("heights", "height above the minimum")):
        panels[panel].set(title=translate(title), xlabel=translate("step"))
        panels[panel].grid(alpha=0.3)
    return figure


def animate(surface: Surface, trajectories: Trajectories, path: Path, translate: Translate = str) -> None:
    """Writes a GIF of at most `FRAMES` frames in which all trajectories grow together, step by step."""
    figure = Figure(figsize=(6.4, 4.8), layout="constrained")
    canvas = FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    lines = _draw_map(axes, surface, trajectories, translate)
    axes.set_title(f"f = {surface.formula}")
    for line in lines:
        line.set_animated(True)
    canvas.draw()
    background = canvas.copy_from_bbox(figure.bbox)  # drawn once: contours take longer than all frames
    palette = _palette(lines)
    frames = []
    longest = max(map(len, trajectories.values()))
    shown_steps = np.linspace(1, longest**0.5, FRAMES) ** 2  # the first ones one by one
    for shown in np.unique(shown_steps.round().astype(int)):
        canvas.restore_region(background)
        for line, trajectory in zip(lines, trajectories.values(), strict=True):
            line.set_data(trajectory["x"][:shown], trajectory["y"][:shown])
            axes.draw_artist(line)
        frame = Image.fromarray(np.asarray(canvas.buffer_rgba())[..., :3])
        frames.append(frame.quantize(palette=palette, dither=Image.Dither.NONE))
    with whole_file(path) as unfinished:
        waits = [60] * (len(frames) - 1) + [2000]  # ms; the last stays
        frames[0].save(unfinished, "GIF", save_all=True, append_images=frames[1:], duration=waits, loop=0)


def line_styles(labels: Iterable[str]) -> list[dict[str, Any]]:
    """The colour and dash of each line: an optimizer's own, others by their place; no two of 49 are alike."""
    labels, styles = list(labels), list(CYCLE)
    own = {label: OPTIMIZERS.index(label) for label in labels if label in OPTIMIZERS}
    free = (place for place in count() if place not in own.values())
    places = [own[label] if label in own else next(free) for label in labels]
    return [{**styles[place % len(styles)], "linewidth": 1.6} for place in places]


def _draw_map(axes: Axes, surface: Surface, trajectories: Trajectories, translate: Translate) -> list[Line2D]:
    """Draws contour lines, starts and minima; returns the lines of the trajectories."""
    starts = np.array([trajectory[["x", "y"]].iloc[0] for trajectory in trajectories.values()])
    left, bottom = np.minimum(surface.window[::2], starts.min(0) - 0.5)
    right, top = np.maximum(surface.window[1::2], starts.max(0) + 0.5)
    x, y = torch.meshgrid(torch.linspace(left, right, 240), torch.linspace(bottom, top, 240), indexing="xy")
    heights = surface.height(x, y).numpy()
    levels = np.unique(np.quantile(heights, np.linspace(0, 1, 22)))  # evenly crowded, however steep the surface
    axes.contourf(x, y, heights, levels, cmap="Greys", norm=BoundaryNorm(levels, ncolors=256), alpha=0.4)
    axes.contour(x, y, heights, levels, colors="0.6", linewidths=0.5)
    axes.set(xlabel="x", ylabel="y", xlim=(left, right), ylim=(bottom, top))
    for point in surface.minima:
        axes.plot(*point, marker="*", markersize=15, color=MINIMUM_COLOUR, markeredgecolor="black", zorder=3)
    for point in np.unique(starts, axis=0):
        axes.plot(*point, marker="o", markersize=7, color="white", markeredgecolor="black", zorder=3)
        box = {"boxstyle": "round,pad=0.15", "facecolor": "white", "edgecolor": "none", "alpha": 0.7}
        axes.annotate(translate("start"), point, (0, 10), textcoords="offset points", ha="center", bbox=box)
    lines = []
    for (label, trajectory), style in zip(trajectories.items(), line_styles(trajectories), strict=True):
        every = max(1, len(trajectory) // 40)
        lines += axes.plot(trajectory["x"], trajectory["y"], label=label, marker=".", markevery=every, **style)
    axes.legend(fontsize="small", framealpha=0.9, handlelength=3.5)
    return lines


def _draw_by_step(rates: Axes, heights: Axes, surface: Surface, trajectories: Trajectories) -> None:
    lowest = float(surface(torch.tensor(surface.minima, dtype=torch.float64)))
    for trajectory, style in zip(trajectories.values(), line_styles(trajectories), strict=True):
        rates.plot(trajectory["step"], trajectory["learning_rate"], **style)
        heights.semilogy(trajectory["step"], (trajectory["f"] - lowest).clip(lower=1e-12), **style)
    values = pd.concat([trajectory["learning_rate"] for trajectory in trajectories.values()])
    if values.max() > 20 * values[values > 0].min():
        rates.set_yscale("log")
    else:
        rates.set_ylim(0, 1.1 * values.max() or 1)


def _palette(lines: list[Line2D]) -> Image.Image:
    """Greys, and the lines' own colours with their blends into white: the colours of all frames of a GIF."""
    colours = {to_rgb(line.get_color()): None for line in lines} | {to_rgb(MINIMUM_COLOUR): None}
    blends = [1 - share * (1 - np.array(colour)) for colour in colours for share in (1, 0.75, 0.5, 0.25)]
    # As close together as Pillow tells colours apart, so that white stays white.
    greys = np.linspace(0, 1, 32)[:, None].repeat(3, 1)
    image = Image.new("P", (1, 1))
    image.putpalette((np.concatenate([blends, greys]) * 255).round().astype(np.uint8).tobytes())
    return image


def draw_trajectories(
    runs: dict[Path, str], figures: Path, own: Targets | None = None, allow: Sequence[str] = ()
) -> None:
    """Writes trajectories.png, or trajectories-<surface>.png where the runs went over several surfaces.

    Args:
        runs: folders that hold a trajectory.csv, with the label of each.
        figures: the folder to write into.
        own: targets that the user's own config folders and command line name, by group.
        allow: packages that the user trusts.

    Raises:
        DataError: the config of a run, which may be older than this sweep, names another surface than these.
    """
    configs: dict[str, Config] = {}
    surfaces: dict[str, dict[str, pd.DataFrame]] = defaultdict(dict)
    for run, label in runs.items():
        try:
            config = read_yaml(run / "config.yaml", dict)
            check_trusted(config, allow, str(run / "config.yaml"), ("module",), own)
            surfaces[config["data"]["name"]][label] = _trajectory(run)
            configs.setdefault(config["data"]["name"], config)
        except (DataError, KeyError, TypeError) as error:
            print(f"! {run}: left out of the picture ({message_of(error)})", file=sys.stderr)
    for name, trajectories in surfaces.items():
        stem = "trajectories" if len(surfaces) == 1 else f"trajectories-{name}"
        _draw_runs(name, configs[name], trajectories, figures / f"{stem}.png")


def _trajectory(run: Path) -> pd.DataFrame:
    path = run / "trajectory.csv"
    try:
        trajectory = pd.read_csv(StringIO(read_text(path, LARGEST_TABLE)))[COLUMNS].astype(float)
    except (ValueError, KeyError):
        trajectory = pd.DataFrame()
    if not len(trajectory) or not np.isfinite(trajectory.iloc[0]).all():
        raise DataError(f"{path}: damaged; expected the columns {', '.join(COLUMNS)} and a first row of numbers")
    return trajectory


def _draw_runs(name: str, config: Config, trajectories: Trajectories, picture: Path) -> None:
    surface: Surface = part(config["module"], "surface")
    translate = translator(config["language"])
    save(surface_figure(surface, name, trajectories, translate), picture)
    print(f"all trajectories on one picture: {picture}")
    if config["callbacks"]["trajectory"]["animation"]:
        animate(surface, trajectories, picture.with_suffix(".gif"), translate)
