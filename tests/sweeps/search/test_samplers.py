import optuna
import pytest

from lightlab.errors import UsageError
from lightlab.sweeps.search import samplers
from lightlab.sweeps.search.space import read_space


def test_a_grid_has_every_combination_once_whichever_process_draws():
    space = read_space(["a=range(0,1,0.1)", "b=x,y", "c=range(1,4)"])
    study = optuna.create_study()
    points = []
    for number in range(60):
        study.sampler = samplers.grid(space.varied, number)
        trial = study.ask()
        points.append(tuple(space.overrides(space.draw(trial))))
        study.tell(trial, 0)
    assert len(set(points)) == study.sampler.size == 60
    assert {point[0] for point in points} == {f"a={tenths / 10}" for tenths in range(10)}


def test_an_interval_has_no_grid():
    with pytest.raises(UsageError, match="a: a grid needs steps"):
        samplers.grid(read_space(["a=interval(0,1)"]).varied, 0)


def test_a_grid_of_too_many_points_is_refused_before_they_are_listed():
    with pytest.raises(UsageError, match="1000000000 combinations; a sweep has at most 10000 runs"):
        samplers.grid(read_space(["a=int(interval(1,1000000000))"]).varied, 0)


@pytest.mark.parametrize("make", [samplers.tpe, samplers.random])
def test_the_seed_decides_what_is_drawn(make):
    space = read_space(["a=interval(0,1)"])

    def first(seed):
        return space.draw(optuna.create_study(sampler=make(space.varied, seed)).ask())

    assert first(1) == first(1) != first(2)


def test_tpe_looks_where_it_was_low():
    space = read_space(["a=interval(-1,1)", "b=x,y"])
    study = optuna.create_study()
    for number in range(12):
        study.sampler = samplers.tpe(space.varied, number, n_startup_trials=4)
        trial = study.ask()
        values = space.draw(trial)
        study.tell(trial, abs(values["a"] - 0.3) + (values["b"] == "x"))
    found = [trial.value for trial in study.trials]
    assert sum(found[-4:]) < sum(found[:4])
