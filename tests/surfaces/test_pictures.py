import itertools

import numpy as np
import pytest
from PIL import Image

from lightlab.surfaces.functions import Bowl, Saddle
from lightlab.surfaces.pictures import FRAMES, animate, look, surface_figure
from lightlab.surfaces.trajectory import Trajectory


def way(points, rate=0.1):
    trajectory = Trajectory()
    for step, (x, y) in enumerate(points):
        trajectory.add(step, x, y, x**2 + y**2, rate)
    return trajectory


def test_every_way_is_drawn_with_its_name_and_rate():
    figure = surface_figure(Bowl(), "bowl", {"sgd": way([(-3, 4), (1, 1)]), "adam": way([(-3, 4), (0, 2)], 0.01)})
    contours, rates, heights = figure.axes
    assert [text.get_text() for text in contours.get_legend().get_texts()] == ["sgd", "adam"]
    assert contours.get_title() == "bowl: f = x² + y²"
    assert [line.get_ydata()[0] for line in rates.get_lines()] == [0.1, 0.01]
    assert [line.get_ydata()[-1] for line in heights.get_lines()] == [2, 4]


def test_heights_are_above_the_lowest_point_of_the_surface():
    trajectory = Trajectory()
    trajectory.add(0, 0.0, 0.0, 0.0, 0.1)
    (line,) = surface_figure(Saddle(), "saddle", {"sgd": trajectory}).axes[2].get_lines()
    assert line.get_ydata() == pytest.approx([1.0])


def test_a_start_outside_the_window_is_shown():
    axes = surface_figure(Bowl(), "bowl", {"sgd": way([(-30, 4)])}).axes[0]
    assert axes.get_xlim()[0] < -30


def test_a_way_to_infinity_is_drawn_as_far_as_it_is_finite(tmp_path):
    runaway = way([(-3, 4), (3e30, -4e30), (float("inf"), float("nan"))])
    surface_figure(Bowl(), "bowl", {"sgd": runaway}).savefig(tmp_path / "a.png")
    assert (tmp_path / "a.png").stat().st_size > 1000


def test_forty_nine_lines_look_different():
    looks = [(look(index)["color"], str(look(index)["linestyle"])) for index in range(49)]
    assert all(one != other for one, other in itertools.combinations(looks, 2))


def test_an_animation_grows_to_the_whole_way(tmp_path):
    path = tmp_path / "surface.gif"
    animate(Bowl(), {"sgd": way([(-3 * 0.9**step, 4 * 0.8**step) for step in range(300)])}, path)
    with Image.open(path) as gif:
        assert 20 < gif.n_frames <= FRAMES
        first = np.asarray(gif.convert("RGB")).astype(int)
        gif.seek(gif.n_frames - 1)
        last = np.asarray(gif.convert("RGB")).astype(int)
    blue = [int(((frame[..., 2] - frame[..., 0]) > 80).sum()) for frame in (first, last)]
    assert blue[1] > blue[0] + 100
    assert not list(tmp_path.glob(".*"))
