"""Weights of another run: all of them, without a changed head, those that fit, under other names."""

import pytest
import torch

from lightlab.errors import UsageError
from lightlab.runs.checkpoints import read_checkpoint
from lightlab.training.building import build
from lightlab.training.fit import train

SMALL = [
    *("task=fashion_lenet", "data.source=embedded", "data.train_size=40", "trainer.max_epochs=1", "pictures=none"),
    *("network.channels=[2,3]", "network.hidden=[8]"),
]


@pytest.fixture(scope="module")
def source(config, tmp_path_factory):
    folder = tmp_path_factory.mktemp("source")
    train(config(*SMALL), folder)
    return folder


@pytest.fixture
def started(source, config, tmp_path, capsys):
    """Builds a run with init_from=; returns the names of the weights that it took, and the line about them."""

    def start(*overrides):
        whole = config(*SMALL, *overrides) | {"init_from": str(source)}
        capsys.readouterr()
        weights = build(whole, tmp_path / "run").module.state_dict()
        saved = read_checkpoint(source / "checkpoints" / "best.ckpt")["state_dict"]
        taken = {name for name, value in weights.items() if name in saved and torch.equal(value, saved[name])}
        return taken, capsys.readouterr().out

    return start


def test_all_weights_are_taken_and_counted(started):
    taken, line = started()
    assert len(taken) == 8 and "took 8 of 8 tensors\n" in line


@pytest.mark.parametrize("option", ["init_from_except=[head,body]", "init_from_strict=false"])
def test_a_changed_head_is_new_and_said(started, option):
    taken, line = started(option, "network.hidden=[9]")
    assert taken >= {f"network.features.{layer}.{kind}" for layer in (0, 3) for kind in ("weight", "bias")}
    assert "network.head.weight" not in taken and "; new: network.body.0.weight, " in line


def test_prefixes_of_the_checkpoint_have_other_names_here(started):
    with pytest.raises(UsageError, match=r"network\.features\.0\.weight is missing"):
        started("init_from_rename=[network.features:network.stem]")
    assert started("init_from_rename=[network.head:network.head]")[0]


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (["network.hidden=[9]"], r"expected \(9, 75\); leave it out with init_from_except=\[body\.0\], or take"),
        (["init_from_except=[hed]"], "matches no parameter; did you mean 'head'"),
        (["init_from_rename=[encoder.:network.]"], "must be PREFIX:REPLACEMENT with a prefix of the names in"),
        (["init_from_rename=[network]"], "must be PREFIX:REPLACEMENT"),
        (["init_from_except=['*']"], "none of its weights fits"),
    ],
)
def test_what_cannot_be_taken_is_named_with_what_to_do(started, overrides, message):
    with pytest.raises(UsageError, match=message):
        started(*overrides)
