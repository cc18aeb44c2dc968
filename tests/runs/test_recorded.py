from pathlib import Path

import pytest

from lightlab.config.composition import parsed
from lightlab.errors import DataError
from lightlab.runs.recorded import checked_overrides, without_hydras

RECORD = Path("overrides.yaml")


def kept(*recorded, typed=(), own=None, allow=()):
    return checked_overrides(recorded, RECORD, parsed(list(typed)), own or {}, allow)


@pytest.mark.parametrize(
    "text",
    [
        "task=fashion_lenet",
        "callbacks=[default,early_stopping]",
        "optimizer=sgd,adam",
        "optimizer=glob(s*)",
        "optimizer.lr='tag(log,interval(1e-4,1))'",
        "optimizer.lr=interval(1e-4,1)",
        "seed=range(0,1000)",
        "optimizer.lr=${learning_rates.adam}",
        "data.folder='照片 (1)/a b'",
        "data.sums={area: [ground, first]}",
        "data_dir=../data",
        "init_from=runs/x/y",
        "~callbacks.curves",
        "~optimizer.momentum=0.9",
        "+module.surface={_target_: lightlab.surfaces.functions.Bowl}",
        "network._target_=lightlab.networks.mlp.Linear,lightlab.networks.mlp.MLP",
        "initializer.weight._target_=torch.nn.init.eye_",
        "+callbacks.rate._target_=lightning.pytorch.callbacks.LearningRateMonitor",
        "hydra/launcher=joblib",
        "hydra.launcher.n_jobs=-1",
        "hydra.launcher.partition=gpu",
        "hydra/sweeper=optuna",
        "hydra/sweeper/pruner=none",
        "hydra.sweeper.n_trials=12",
        "hydra.sweeper.timeout=null",
        "hydra.sweeper.pruner.n_warmup_steps=2",
        "hydra.job.name=mine",
    ],
)
def test_what_only_chooses_and_sets_values_is_kept(text):
    assert kept(text) == [text]


@pytest.mark.parametrize(
    "text",
    ["resume=x", "sweep_resume=x", "allow=[os]", "hydra.run.dir=x", "hydra.output_subdir=null", "hydra.mode=MULTIRUN"],
)
def test_what_belongs_to_another_command_line_is_left_out(text):
    assert kept("seed=1", text) == ["seed=1"]


def test_what_is_typed_again_is_taken_from_there():
    storage, mirrors = "hydra.sweeper.storage=sqlite:///x.db", "data.mirrors=[https://x]"
    calls = "data_dir=${oc.env:DATA}"
    assert kept(storage, mirrors, calls, "seed=1", typed=[storage, mirrors, "data_dir=data"]) == ["seed=1"]
    with pytest.raises(DataError, match=r"overrides\.yaml: hydra\.sweeper\.storage=.*: a folder does not set this"):
        kept(storage, mirrors)


@pytest.mark.parametrize("text", ["network._target_=mine.Net", "network._target_=lightlab.networks.mlp.MLP,mine.Net"])
def test_the_users_own_targets_are_trusted_in_their_group(text):
    assert kept(text, own={"network": {"mine.Net"}}) == kept(text, allow=["mine"]) == [text]
    with pytest.raises(DataError, match=r"network names mine\.Net"):
        kept(text, own={"data": {"mine.Net"}})


@pytest.mark.parametrize(
    "text", ["", {"a": 1}, "seed=" + "9" * 5000, "x=" + "[" * 2000], ids=lambda text: str(text)[:8]
)
def test_what_is_no_override_is_refused(text):
    with pytest.raises(DataError, match=r"^overrides\.yaml: [^\n]{1,400}$"):
        kept(text)


def test_hydras_own_are_told_from_the_runs():
    assert without_hydras(["seed=1", "hydra/launcher=joblib", "+hydra.x=1", "~hydra.y"]) == ["seed=1"]
