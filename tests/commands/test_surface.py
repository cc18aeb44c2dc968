"""task=surface: what a run and a sweep of it do."""

import json
import math
from pathlib import Path

import pandas as pd
import pytest
import yaml
from PIL import Image

from lightlab.config.schema import check
from lightlab.errors import LightlabError, UsageError
from lightlab.sweeps.summary import finish
from lightlab.training.fit import train

CONF = Path(__file__).parents[2] / "conf"
TASKS = {
    "valley": "surface",
    **{each: f"surface_{each}" for each in ("bowl", "ravine", "saddle", "rosenbrock", "beale", "himmelblau")},
}


@pytest.fixture
def descend(config):
    def run(folder: Path, *overrides: str) -> pd.DataFrame:
        whole = config("~callbacks.curves", *overrides)
        check(whole)
        train(whole, folder)
        return pd.read_csv(folder / "trajectory.csv")

    return run


def test_sgd_goes_where_its_formula_says(descend, tmp_path):
    trajectory = descend(tmp_path, "task=surface_bowl", "trainer.max_epochs=4")
    assert list(trajectory.columns) == ["step", "x", "y", "f", "learning_rate"]
    assert list(trajectory["step"]) == [0, 1, 2, 3, 4]
    assert list(trajectory["x"]) == pytest.approx([-3 * (1 - 2 * 0.9) ** step for step in range(5)], rel=1e-5)
    assert list(trajectory["f"]) == pytest.approx([25 * 0.8 ** (2 * step) for step in range(5)], rel=1e-5)
    assert list(trajectory["learning_rate"]) == pytest.approx([0.9] * 5)
    with Image.open(tmp_path / "figures" / "surface.png") as picture:
        assert picture.width > 800


@pytest.mark.parametrize(
    ("decay", "rates"),
    [
        ("decay_step", {19: 0.9, 20: 0.63, 40: 0.441}),
        ("decay_milestones", {9: 0.9, 10: 0.63, 49: 0.63, 50: 0.441, 199: 0.441}),
        ("decay_exponential", {0: 0.9, 1: 0.891, 100: 0.9 * 0.99**100}),
    ],
)
def test_decaying_rates_are_in_the_trajectory(decay, rates, descend, tmp_path):
    trajectory = descend(tmp_path, f"experiment={decay}")
    assert trajectory.x[0] == -3.0 and len(trajectory) == 201
    assert {step: trajectory.learning_rate[step] for step in rates} == pytest.approx(rates, rel=1e-5)


@pytest.mark.parametrize(("surface", "task"), TASKS.items())
def test_each_surface_starts_where_its_file_says_and_goes_down(surface, task, descend, tmp_path):
    trajectory = descend(tmp_path, f"task={task}", "optimizer=adam", "trainer.max_epochs=30")
    start = yaml.safe_load((CONF / "data" / f"{surface}.yaml").read_text(encoding="utf-8"))["data"]["start"]
    assert [trajectory.x[0], trajectory.y[0]] == pytest.approx([float(each) for each in start])
    assert trajectory.f.min() < trajectory.f[0]


def test_an_interrupted_descent_goes_on_as_if_nothing_had_happened(descend, config, tmp_path):
    whole = descend(tmp_path / "whole", "task=surface", "optimizer=adam", "trainer.max_epochs=6")
    descend(tmp_path / "two", "task=surface", "optimizer=adam", "trainer.max_epochs=3")
    train(
        config("task=surface", "optimizer=adam", "trainer.max_epochs=6") | {"resume": str(tmp_path / "two")},
        tmp_path / "two",
    )
    assert pd.read_csv(tmp_path / "two" / "trajectory.csv").equals(whole)


def test_a_descent_that_runs_away_is_drawn_as_far_as_it_came(descend, tmp_path):
    with pytest.raises(LightlabError, match="the loss is"):
        descend(tmp_path, "task=surface_bowl", "optimizer.lr=1e9")
    assert (tmp_path / "figures" / "surface.png").is_file()
    assert len(pd.read_csv(tmp_path / "trajectory.csv")) > 1


def test_an_animation_on_request(descend, tmp_path):
    descend(tmp_path, "task=surface", "trainer.max_epochs=5", "callbacks.trajectory.animation=true")
    with Image.open(tmp_path / "figures" / "surface.gif") as gif:
        assert gif.format == "GIF" and gif.n_frames > 2


def test_a_start_at_nan_is_refused_with_its_name(config):
    with pytest.raises(UsageError, match=r"data.start=\[nan, 2\]: must be a list of 2"):
        check(config("task=surface", "data.start=[nan,2]"))


def told(folder: Path, *overrides: str) -> Path:
    (folder / ".hydra").mkdir(parents=True)
    (folder / ".hydra" / "overrides.yaml").write_text(yaml.safe_dump(list(overrides)))
    return folder


def test_a_sweep_ends_with_all_trajectories_on_one_picture_a_surface(descend, tmp_path, capsys):
    for number, surface in enumerate(["bowl", "valley", "valley"]):
        task = f"task={TASKS[surface]}"
        descend(told(tmp_path / str(number), task, f"seed={number}"), task, "trainer.max_epochs=2")
    (tmp_path / "3").mkdir()  # a run that failed
    finish(tmp_path)
    assert sorted(path.name for path in (tmp_path / "figures").glob("trajectories*")) == [
        "trajectories-bowl.png",
        "trajectories-valley.png",
    ]
    assert "all trajectories on one picture" in capsys.readouterr().out


def test_a_sweep_of_something_else_leaves_no_picture(tmp_path):
    finish(told(tmp_path / "0", "task=linear_toy").parent)
    assert not list(tmp_path.glob("figures/trajectories*"))


@pytest.mark.slow
def test_a_sweep_from_the_command_line(run_cli, tmp_path):
    done = run_cli("-m", "task=surface", "optimizer=sgd,adam", "trainer.max_epochs=5", "logger=csv")
    assert done.returncode == 0, done.stderr
    (picture,) = tmp_path.glob("sweeps/surface/*/figures/trajectories.png")
    assert f"picture: {picture.relative_to(tmp_path)}" in done.stdout
    results = [json.loads(path.read_text()) for path in tmp_path.glob("sweeps/surface/*/*/metrics.json")]
    assert len(results) == 2 and all(math.isfinite(each["loss/train"]) for each in results)
