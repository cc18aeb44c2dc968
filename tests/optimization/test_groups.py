"""Groups of parameters with settings of their own, with every optimizer and schedule."""

from collections import OrderedDict
from functools import partial
from pathlib import Path

import pytest
import torch
from torch import nn

from lightlab.config.instantiation import factory
from lightlab.config.schema import check
from lightlab.errors import UsageError
from lightlab.optimization.groups import described, freeze, grouped, matches
from lightlab.optimization.schedulers import RunLength, warmup_cosine
from lightlab.training.building import build
from lightlab.training.fit import fit

OPTIMIZERS = sorted(path.stem for path in Path(__file__).parents[2].glob("conf/optimizer/*.yaml"))
GROUPS = [{"match": "features", "lr": 0.5}, {"match": "network.stem.*", "frozen": True}]


@pytest.fixture
def module():
    torch.manual_seed(0)
    layers = {"stem": nn.Linear(3, 3), "features": nn.Linear(3, 3), "norm": nn.BatchNorm1d(3), "head": nn.Linear(3, 2)}
    return nn.ModuleDict({"network": nn.Sequential(OrderedDict(layers))})


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [("head", True), ("network.head", True), ("network.head.weight", True), ("*.weight", True), ("hea", False)],
)
def test_a_pattern_is_a_name_a_part_or_has_wildcards(pattern, expected):
    assert matches("network.head.weight", pattern) is expected


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_optimizer_steps_each_group_by_its_own_rate_and_no_frozen_one(name, config, module):
    freeze(module, GROUPS)
    make = factory(config("task=fashion_lenet", f"optimizer={name}", "optimizer.lr=0.25"), "optimizer")
    optimizer = grouped(make, GROUPS)(module.named_parameters())
    by_rate: dict[float, set[int]] = {}
    for group in optimizer.param_groups:
        by_rate.setdefault(group["lr"], set()).update(map(id, group["params"]))
    network = module["network"]
    rest = [*network.norm.parameters(), *network.head.parameters()]
    assert by_rate == {0.25: set(map(id, rest)), 0.5: set(map(id, network.features.parameters()))}
    before = {key: value.clone() for key, value in module.state_dict().items()}
    network(torch.randn(4, 3)).square().sum().backward()
    optimizer.step()
    changed = {key for key, value in module.state_dict().items() if not torch.equal(value, before[key])}
    assert {"network.features.weight", "network.head.weight"} <= changed
    assert not any(key.startswith("network.stem") for key in changed)


def test_a_schedule_scales_the_rate_of_each_group(module):
    optimizer = grouped(partial(torch.optim.SGD, lr=0.1), [{"match": "head", "lr": 0.4}])(module.named_parameters())
    made = warmup_cosine(optimizer, RunLength(8, 4), warmup=0.5)
    ratios = []
    for _ in range(8):
        ratios.append(optimizer.param_groups[1]["lr"] / max(optimizer.param_groups[0]["lr"], 1e-12))
        optimizer.step()
        made.scheduler.step()
    assert ratios == pytest.approx([4.0] * 8)


def test_what_the_groups_hold_is_said_in_one_line(module):
    freeze(module, GROUPS)
    assert described(GROUPS, module) == (
        "the rest: 14 weights, the optimizer's own settings; features: 12 weights, lr 0.5; network.stem.*: 12 weights, "
        "frozen"
    )


@pytest.mark.parametrize(
    ("groups", "message"),
    [
        (
            [{"match": "stm", "frozen": True}],
            r"optimizer.groups\[0\].match=stm: matches no parameter; .*are stem",
        ),
        ([{"match": "*", "frozen": True}], "every parameter is frozen"),
    ],
)
def test_groups_that_hold_nothing_or_leave_nothing_are_refused(groups, message, module):
    with pytest.raises(UsageError, match=message):
        freeze(module, groups)


@pytest.mark.parametrize(
    ("group", "message"),
    [
        ({"lr": 0.1}, "lacks match"),
        ({"match": "head", "lrr": 0.1}, "lrr: no such key; did you mean 'lr'"),
        ({"match": "head", "lr": -1}, "lr=-1: must be a number above 0"),
        ({"match": "head"}, "says nothing about head"),
        ({"match": "head", "frozen": True, "lr": 0.1}, "is frozen, so lr has no effect"),
    ],
)
def test_a_group_is_checked_with_the_config(group, message, config):
    whole = config("task=fashion_lenet")
    whole["optimizer"]["groups"] = [group]
    with pytest.raises(UsageError, match=rf"optimizer\.groups\[0\].*{message}"):
        check(whole)


def test_a_run_leaves_frozen_layers_and_their_statistics_alone(config, tmp_path):
    whole = config(
        *("task=fashion_resnet", "data.source=embedded", "data.train_size=80", "trainer.max_epochs=1", "pictures=none"),
        *("network.channels=[2,3]", "optimizer.groups=[{match: stem, frozen: true}, {match: head, lr: 0.01}]"),
    )
    run = build(whole, tmp_path)
    before = {name: value.clone() for name, value in run.module.network.state_dict().items()}
    fit(run)
    after = run.module.network.state_dict()
    changed = {name for name in before if not torch.equal(before[name], after[name])}
    assert not any(name.startswith("stem.") for name in changed)
    assert {"head.weight", "stages.0.2.running_mean"} <= changed
