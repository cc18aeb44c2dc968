import math
from pathlib import Path

import pytest
import torch
from omegaconf import OmegaConf
from torch.optim import SGD, Adagrad, Adam, RMSprop

from lightlab.config.instantiation import part
from lightlab.optimization import schedulers
from lightlab.optimization.schedulers import RunLength, Schedule

CONF = Path(__file__).parents[2] / "conf" / "scheduler"
EPOCHS = RunLength(steps=50, steps_per_epoch=10)
CYCLE = {
    "div_factor": 25.0,
    "final_div_factor": 1e4,
    "cycle_momentum": True,
    "base_momentum": 0.85,
    "max_momentum": 0.95,
}


def optimizer(make=SGD, lr=1.0, **settings):
    return make([torch.nn.Parameter(torch.zeros(1))], lr=lr, **settings)


def followed(schedule, driven, count, read=lambda group: group["lr"]):
    """What `read` gives before each of `count` steps of the schedule."""
    values = []
    for _ in range(count):
        values.append(read(driven.param_groups[0]))
        driven.step()
        if schedule.scheduler is not None:
            schedule.scheduler.step()
    return values


def rates(make, run, count, **settings):
    driven = optimizer()
    return followed(make(driven, run, **settings), driven, count)


def half_cosine(steps):
    return [(1 + math.cos(math.pi * t / steps)) / 2 for t in range(steps)]


@pytest.mark.parametrize(
    ("make", "settings", "expected"),
    [
        (schedulers.constant, {}, [1, 1, 1, 1, 1]),
        (schedulers.step, {"step_size": 2, "gamma": 0.5}, [1, 1, 0.5, 0.5, 0.25]),
        (schedulers.multistep, {"milestones": [1, 3], "gamma": 0.1}, [1, 0.1, 0.1, 0.01, 0.01]),
        (schedulers.exponential, {"gamma": 0.5}, [1, 0.5, 0.25, 0.125, 0.0625]),
    ],
)
def test_by_epoch(make, settings, expected):
    assert rates(make, EPOCHS, 5, **settings) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("make", "settings", "expected"),
    [
        (
            schedulers.cosine,
            {},
            [1, 0.975528, 0.904508, 0.793893, 0.654508, 0.5, 0.345492, 0.206107, 0.095492, 0.024472],
        ),
        (schedulers.cosine, {"final_fraction": 0.2}, [0.2 + 0.8 * each for each in half_cosine(10)]),
        (schedulers.warmup_cosine, {"warmup": 0.3}, [1 / 3, 2 / 3, 1, *half_cosine(7)]),
        (schedulers.warmup_cosine, {"warmup": 1.0}, [(t + 1) / 10 for t in range(10)]),
        (schedulers.warmup_cosine, {"warmup": 0.0}, half_cosine(10)),
        (
            schedulers.one_cycle,
            {**CYCLE, "pct_start": 0.3},
            [0.04, 0.52, 1, 0.950484, 0.811745, 0.611262, 0.388742, 0.188258, 0.049521, 4e-6],
        ),
    ],
)
def test_by_step_over_the_whole_run(make, settings, expected):
    assert rates(make, RunLength(10, 5), 10, **settings) == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize(
    ("mode", "watched", "expected"),
    [
        ("min", [1.0, 1.0, 1.0, 1.0, 1.0], [1, 1, 0.5, 0.5, 0.25]),
        ("min", [1.0, 0.9, 0.8, 0.7, 0.6], [1, 1, 1, 1, 1]),
        ("min", [1.0, 0.95, 0.95, 0.8, 0.79], [1, 1, 0.5, 0.5, 0.5]),
        ("max", [0.5, 0.6, 0.7, 0.8, 0.9], [1, 1, 1, 1, 1]),
        ("max", [0.5, 0.5, 0.5, 0.5, 0.9], [1, 1, 0.5, 0.5, 0.5]),
    ],
)
def test_plateau_halves_after_more_than_patience_validations_without_a_gain(mode, watched, expected):
    driven = optimizer()
    schedule = schedulers.plateau(driven, EPOCHS, mode, factor=0.5, patience=1, threshold=0.1, min_lr=0.0)
    rates = []
    for value in watched:
        schedule.scheduler.step(value)
        rates.append(driven.param_groups[0]["lr"])
    assert rates == pytest.approx(expected)


def test_plateau_stops_at_its_lowest_rate():
    driven = optimizer()
    schedule = schedulers.plateau(driven, EPOCHS, "min", factor=0.1, patience=0, threshold=0.0, min_lr=0.05)
    for _ in range(5):
        schedule.scheduler.step(1.0)
    assert driven.param_groups[0]["lr"] == 0.05


def chosen(name):
    whole = {"scheduler": OmegaConf.load(CONF / f"{name}.yaml"), "monitor": {"mode": "min"}}
    settings = OmegaConf.to_container(OmegaConf.create(whole), resolve=True)
    return part(settings, "scheduler")(optimizer(), RunLength(100, 10))


@pytest.mark.parametrize("name", sorted(path.stem for path in CONF.glob("*.yaml")))
def test_every_choice_builds(name):
    schedule = chosen(name)
    assert isinstance(schedule, Schedule)
    assert schedule.interval == "step" or schedule.when_extended == "same"  # only those by step know the run's length


@pytest.mark.parametrize(
    ("name", "interval", "when_extended"),
    [
        *((name, "epoch", "same") for name in ("none", "step", "multistep", "exponential")),
        *((name, "step", "rebuild") for name in ("cosine", "warmup_cosine")),
        ("one_cycle", "step", "refuse"),
        ("plateau", "validation", "same"),
    ],
)
def test_a_choice_states_how_it_steps_and_what_a_longer_run_does_to_it(name, interval, when_extended):
    schedule = chosen(name)
    assert (schedule.interval, schedule.when_extended) == (interval, when_extended)


@pytest.mark.parametrize(
    ("make", "settings", "read"),
    [
        (SGD, {"momentum": 0.9}, lambda group: group["momentum"]),
        (RMSprop, {"momentum": 0.9}, lambda group: group["momentum"]),
        (Adam, {}, lambda group: group["betas"][0]),
    ],
)
def test_one_cycle_moves_the_momentum_the_other_way(make, settings, read):
    driven = optimizer(make, **settings)
    schedule = schedulers.one_cycle(driven, RunLength(10, 5), pct_start=0.3, **CYCLE)
    momenta = followed(schedule, driven, 10, read)
    assert momenta[:3] == pytest.approx([0.95, 0.9, 0.85])
    assert momenta[-1] == pytest.approx(0.95) and momenta[2:] == sorted(momenta[2:])


@pytest.mark.parametrize(("make", "settings"), [(SGD, {}), (RMSprop, {}), (Adagrad, {})])
def test_one_cycle_leaves_alone_an_optimizer_without_momentum(make, settings):
    driven = optimizer(make, **settings)
    before = {key: value for key, value in driven.param_groups[0].items() if "momentum" in key}
    schedule = schedulers.one_cycle(driven, RunLength(10, 5), pct_start=0.3, **CYCLE)
    assert max(followed(schedule, driven, 10)) == pytest.approx(1.0)
    assert {key: driven.param_groups[0][key] for key in before} == before


def test_one_cycle_can_leave_the_momentum_alone():
    driven = optimizer(SGD, momentum=0.9)
    schedule = schedulers.one_cycle(driven, RunLength(10, 5), pct_start=0.3, **CYCLE | {"cycle_momentum": False})
    assert followed(schedule, driven, 10, lambda group: group["momentum"]) == [0.9] * 10


@pytest.mark.parametrize(("steps", "pct_start"), [(10, 0.1), (2, 0.5), (20, 0.05), (4, 0.25), (3, 0.9), (2, 0.3)])
def test_one_cycle_of_any_shape_stays_below_its_peak(steps, pct_start):
    found = rates(schedulers.one_cycle, RunLength(steps, steps), steps, **CYCLE, pct_start=pct_start)
    assert all(0 < each <= 1 + 1e-9 for each in found)
    assert found[-1] == pytest.approx(4e-6, rel=1e-3)


@pytest.mark.parametrize(
    ("make", "settings"),
    [
        (schedulers.cosine, {}),
        (schedulers.warmup_cosine, {"warmup": 0.05}),
        (schedulers.warmup_cosine, {"warmup": 1.0}),
        (schedulers.one_cycle, {**CYCLE, "pct_start": 0.3}),
        (schedulers.one_cycle, {**CYCLE, "pct_start": 0.5}),
    ],
)
def test_a_run_of_one_step_takes_it(make, settings):
    (rate,) = rates(make, RunLength(1, 1), 1, **settings)
    assert 0 < rate <= 1


def test_each_parameter_group_keeps_its_own_rate():
    weights = [torch.nn.Parameter(torch.zeros(1)) for _ in range(2)]
    driven = SGD([{"params": weights[:1], "lr": 1.0}, {"params": weights[1:], "lr": 0.1}])
    schedule = schedulers.cosine(driven, RunLength(10, 5))
    followed(schedule, driven, 5)
    assert [group["lr"] for group in driven.param_groups] == pytest.approx([0.5, 0.05])
