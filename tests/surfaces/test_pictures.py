import itertools

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_rgb
from PIL import Image

from lightlab.plots.style import COLOURS
from lightlab.surfaces.functions import Bowl, Saddle
from lightlab.surfaces.pictures import FRAMES, OPTIMIZERS, animate, line_styles, surface_figure


def trajectory(points, rate=0.1):
    rows = [(step, x, y, x**2 + y**2, rate) for step, (x, y) in enumerate(points)]
    return pd.DataFrame(rows, columns=["step", "x", "y", "f", "learning_rate"])


def test_every_trajectory_is_drawn_with_its_name_and_rate():
    trajectories = {"sgd": trajectory([(-3, 4), (1, 1)]), "adam": trajectory([(-3, 4), (0, 2)], 0.01)}
    contours, rates, heights = surface_figure(Bowl(), "bowl", trajectories).axes
    assert [text.get_text() for text in contours.get_legend().get_texts()] == ["sgd", "adam"]
    assert contours.get_title() == "bowl: f = x² + y²"
    assert [line.get_ydata()[0] for line in rates.get_lines()] == [0.1, 0.01]
    assert [line.get_ydata()[-1] for line in heights.get_lines()] == [2, 4]


def test_heights_are_above_the_lowest_point_of_the_surface():
    (line,) = surface_figure(Saddle(), "saddle", {"sgd": trajectory([(0.0, 0.0)])}).axes[2].get_lines()
    assert line.get_ydata() == pytest.approx([1.0])


def test_a_start_outside_the_window_is_shown():
    axes = surface_figure(Bowl(), "bowl", {"sgd": trajectory([(-30, 4)])}).axes[0]
    assert axes.get_xlim()[0] < -30


def test_a_trajectory_to_infinity_is_drawn_as_far_as_it_is_finite(tmp_path):
    runaway = trajectory([(-3, 4), (3e30, -4e30), (float("inf"), float("nan"))])
    surface_figure(Bowl(), "bowl", {"sgd": runaway}).savefig(tmp_path / "a.png")
    assert (tmp_path / "a.png").stat().st_size > 1000


def test_forty_nine_lines_look_different():
    styles = line_styles([*OPTIMIZERS, *map(str, range(49 - len(OPTIMIZERS)))])
    assert all(one != other for one, other in itertools.combinations(styles, 2))


def test_an_optimizer_looks_the_same_whatever_it_is_compared_with():
    assert line_styles(["a", "adam", "b"])[1] == line_styles(["sgd", "momentum", "adam"])[2]
    assert [style["color"] for style in line_styles(["a", "sgd", "b"])] == [COLOURS[1], COLOURS[0], COLOURS[2]]


def count_pixels(frame, colour):
    """How many pixels are within 8 of a colour in red, green and blue."""
    distance = np.asarray(frame.convert("RGB"), float) - 255 * np.array(to_rgb(colour))
    return int((np.abs(distance).max(-1) <= 8).sum())


def test_an_animation_grows_to_the_whole_of_each_trajectory_in_its_own_colour(tmp_path):
    points = [(-3 * 0.9**step, 4 * 0.8**step) for step in range(300)]
    turned = [(y, x) for x, y in points]
    animate(Bowl(), {"sgd": trajectory(points), "momentum": trajectory(turned)}, tmp_path / "surface.gif")
    with Image.open(tmp_path / "surface.gif") as gif:
        assert 20 < gif.n_frames <= FRAMES
        first = [count_pixels(gif, colour) for colour in COLOURS[:3]]
        gif.seek(gif.n_frames - 1)
        last = [count_pixels(gif, colour) for colour in COLOURS[:3]]
    assert last[0] > first[0] + 100 and last[1] > first[1] + 100 and last[2] == 0
    assert [path.name for path in tmp_path.iterdir()] == ["surface.gif"]
