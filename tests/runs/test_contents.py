"""Edited checkpoints: predict and resume refuse each in one line that names what is wrong, before anything is built."""

import copy
import math
from dataclasses import fields

import pytest
import torch

from lightlab.errors import DataError, UsageError
from lightlab.prediction.predict import load_predictor
from lightlab.runs.contents import SPEC_FORM, unlike
from lightlab.spec import Spec
from lightlab.training.building import build
from lightlab.training.fit import train
from lightlab.training.weights import check_states, checkpoint_to_resume

OVERRIDES = (
    "task=house_prices",
    "data.source=embedded",
    "data.train_size=64",
    "network=mlp_50",
    "network.hidden=[3]",
    "optimizer=adam",
    "scheduler=step",
    "pictures=none",
    "trainer.max_epochs=1",
)


@pytest.fixture(scope="module")
def run(config, tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    train(config(*OVERRIDES), folder)
    return folder


@pytest.fixture
def edited(run, tmp_path):
    """Writes the run's checkpoint with one value changed, and returns its path."""
    contents = torch.load(run / "checkpoints" / "last.ckpt", weights_only=True)

    def edit(key, value):
        changed = copy.deepcopy(contents)
        *path, last = key.split("/")
        level = changed
        for part in path:
            level = level[int(part) if part.isdigit() else part]
        if value is None:
            del level[last]
        else:
            level[last] = value(level[last]) if callable(value) else value
        (tmp_path / "checkpoints").mkdir()
        torch.save(changed, tmp_path / "checkpoints" / "last.ckpt")
        return tmp_path / "checkpoints" / "last.ckpt"

    return edit


WEIGHT = "network.body.0.weight"
TABLE = "lightlab/preparation"
EDITS = [
    ("lightlab/config/network", 5, "its config lacks network"),
    ("lightlab/config/network/hidden", [10**4], "has shape .*, expected"),
    ("lightlab/config/network/hidden", "wide", "network.hidden=wide: must be a list"),
    ("lightlab/config/network/nothing", 5, "damaged or edited: network: "),
    ("lightlab/config/data/name", "another", "its data is named house_prices"),
    ("lightlab/spec", [], "lightlab.spec is"),
    ("lightlab/spec/output_size", 10**12, "output_size is 1000000000000"),
    ("lightlab/spec/output_size", 10**6, "output_size is 1,000,000; its number target has 1"),
    ("lightlab/spec/input_shape", [10**9], "of inputs"),
    ("lightlab/spec/input_shape", None, "input_shape is missing"),
    ("lightlab/spec/input_names", ["a"], "1 input_names of inputs"),
    ("lightlab/spec/target", "tokens", "target is tokens; it must be one of number"),
    ("lightlab/spec/target_scale/std", 0.0, "target_scale.std is 0.0"),
    ("lightlab/spec/target_scale/mean", math.nan, "target_scale.mean is nan"),
    ("lightlab/spec/class_names", ["a", 5], "class_names is"),
    ("lightlab/spec/further", 5, "unexpected keyword"),
    (f"{TABLE}/columns", 5, "preparation: columns is 5"),
    (f"{TABLE}/target", None, "preparation: target.name is missing"),
    (f"{TABLE}/preparation/mean", lambda mean: mean[1:], "preparation: fill, mean and scale"),
    (f"{TABLE}/preparation/mean", lambda mean: [math.inf, *mean[1:]], "preparation.mean is"),
    (f"{TABLE}/preparation/scale", lambda scale: [0.0, *scale[1:]], "preparation.scale is"),
    (f"{TABLE}/preparation/numeric", lambda names: names[::-1], "the network's inputs"),
    (f"{TABLE}/preparation/categories", {"x": ["a"] * 10}, "preparation: rare"),
    (f"{TABLE}/target/scale/mean", 0.0, "preparation: target"),
    (f"state_dict/{WEIGHT}", None, f"{WEIGHT} is missing"),
    (f"state_dict/{WEIGHT}", lambda weight: weight[1:], rf"{WEIGHT} has shape \(2, \d+\), expected \(3, \d+\)"),
    (f"state_dict/{WEIGHT}", lambda weight: weight.long(), "holds torch.int64, expected torch.float32"),
    (f"state_dict/{WEIGHT}", lambda weight: weight.to("meta"), "not a plain tensor"),
    (f"state_dict/{WEIGHT}", 5, "is int, not a plain tensor"),
    ("state_dict/further", torch.zeros(1), "further is not one of its weights"),
]
NOT_FINITE = lambda weight: weight.flatten().index_fill(0, torch.tensor([0, 2, 4]), math.inf).view_as(weight)  # noqa: E731


@pytest.mark.parametrize(("key", "value", "message"), EDITS)
def test_an_edited_checkpoint_does_not_predict(key, value, message, edited):
    path = edited(key, value)
    with pytest.raises(DataError, match=message) as caught:
        load_predictor(path, [])
    assert str(caught.value).startswith(f"{path}: ") and "\n" not in str(caught.value)


def test_weights_that_are_not_finite_do_not_predict_and_do_not_start_a_run(edited, config, tmp_path):
    path = edited(f"state_dict/{WEIGHT}", NOT_FINITE)
    with pytest.raises(DataError, match=f"{WEIGHT} holds 3 values that are not finite"):
        load_predictor(path, [])
    with pytest.raises(DataError, match=f"{WEIGHT} holds 3 values that are not finite"):
        build(config(*OVERRIDES, f"init_from={path}"), tmp_path / "new")


def test_a_run_with_weights_that_are_not_finite_can_be_resumed(edited, config):
    folder = edited(f"state_dict/{WEIGHT}", NOT_FINITE).parent.parent
    assert build(config(*OVERRIDES, f"resume={folder}", "trainer.max_epochs=2"), folder).resumed


def test_weights_of_another_network_are_named_by_init_from(run, config, tmp_path):
    with pytest.raises(
        UsageError, match=rf"init_from=.*: weights of task house_prices do not fit .*: {WEIGHT} has shape"
    ):
        build(config(*OVERRIDES, "network.hidden=[4]", f"init_from={run}"), tmp_path / "new")


STATES = "optimizer_states/0"
RESUMED = [
    ("steps", "many", "steps is many"),
    ("loops", None, "loops.fit_loop is missing"),
    ("loops/fit_loop/epoch_progress/current/ready", "one", "loops.fit_loop.epoch_progress.current.ready is one"),
    ("callbacks", [], "callbacks is"),
    ("callbacks/CallbackGroup/SaveRandomStates/torch", lambda state: state[1:], "SaveRandomStates.torch has shape"),
    ("callbacks/CallbackGroup/SaveRandomStates/numpy", ("MT19937",), "SaveRandomStates.numpy has 1 items, expected 5"),
    ("optimizer_states", [], "optimizer_states is"),
    (f"{STATES}/param_groups/0/lr", math.nan, r"optimizer_states\[0\].lr is nan"),
    (f"{STATES}/param_groups/0/lr", None, r"optimizer_states\[0\].lr is missing"),
    (f"{STATES}/state/0/exp_avg", lambda state: state[:1], "optimizer_states.0.exp_avg has shape"),
    (f"{STATES}/state", {99: {}}, "not those of this run's weights"),
    ("lr_schedulers/0/last_epoch", [1], "lr_schedulers.*last_epoch is"),
    ("lr_schedulers", [], "lr_schedulers has 0 items, expected 1"),
    ("train_loss", {"total": "x", "count": 1}, "train_loss.total is x"),
    ("Table", {}, "preparation: columns is missing"),
    (f"state_dict/{WEIGHT}", lambda weight: weight[1:], f"{WEIGHT} has shape"),
]


@pytest.fixture(scope="module")
def longer(run, config):
    """Returns the run's config with an epoch more, and the run built from it."""
    settings = config(*OVERRIDES, "trainer.max_epochs=2")
    return settings, build(settings, run)


@pytest.mark.parametrize(("key", "value", "message"), RESUMED)
def test_an_edited_checkpoint_is_not_resumed(key, value, message, edited, longer):
    path = edited(key, value)
    settings, built = longer
    with pytest.raises(DataError, match=message):
        resumed = checkpoint_to_resume(settings | {"resume": str(path.parent.parent)}, built.module, built.data)
        check_states(resumed, built.trainer, built.callbacks)


def test_a_state_that_lightning_cannot_restore_is_one_line_that_names_the_checkpoint(edited, config):
    path = edited("loops/fit_loop/epoch_loop.val_loop.batch_progress", None)
    with pytest.raises(DataError, match=r"last\.ckpt: .*missing|last\.ckpt: .*cannot be restored"):
        train(config(*OVERRIDES, f"resume={path.parent.parent}", "trainer.max_epochs=2"), path.parent.parent)


def test_every_field_of_a_spec_has_its_rule():
    assert {name.partition(".")[0] for name in SPEC_FORM} == {field.name for field in fields(Spec)}


@pytest.mark.parametrize(
    ("saved", "example"),
    [(1.5, 1), (True, 1), ("1", 1), (None, 1), (math.inf, 1.0), ([1], (1,)), ({}, []), ([1, 2], [1]), ({}, {"a": 1})],
)
def test_states_of_another_structure_are_noticed(saved, example):
    assert unlike(saved, example, "x")


@pytest.mark.parametrize(
    ("saved", "example"),
    [
        (5, 1),
        (1, 1.0),
        (2.0, 1),
        (0.5, None),
        (None, None),
        (3.0, math.inf),
        ([1, 2], []),
        ({"a": 1, "b": 2}, {"a": 3}),
    ],
)
def test_states_of_the_same_structure_may_differ_in_their_values(saved, example):
    assert not unlike(saved, example, "x")
