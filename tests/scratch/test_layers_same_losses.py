"""One override, `layers=scratch`, and nothing changes: same seed, same weights, same losses."""

import copy

import pytest
import torch
from lightning.pytorch import Trainer, seed_everything

from lightlab.callbacks.progress import layer_notes
from lightlab.config.instantiation import instantiate_parts
from lightlab.optimization.schedulers import RunLength
from lightlab.runs.trust import check_trusted
from lightlab.training.building import LEARNER, build_data, build_module, build_network

STEPS = 50
HOUSE_LIKE = [
    "task=linear_plane",
    "network=mlp_50",
    "network.batch_norm=true",
    "network.dropout=0.2",
]
TASKS = [
    ["task=digits_mlp"],
    ["task=digits_mlp_wide", "network.hidden=[32,16]", "network.batch_norm=true", "activation=tanh"],
    pytest.param(["task=fashion_lenet", "data.batch_size=16"], marks=pytest.mark.slow),
    pytest.param(
        ["task=fashion_lenet", "data.batch_size=16", "network.batch_norm=true", "activation=relu", "optimizer.lr=1e-3"],
        marks=pytest.mark.slow,
    ),
    ["task=linear_regression"],
    ["task=house_prices"],
    [
        "task=house_prices_course",
        "trainer.precision=64-true",
    ],  # in single precision Adam makes steps of rounding errors
    [*HOUSE_LIKE, "optimizer=adam"],
    ["task=logistic_toy"],
]


@pytest.fixture
def run(config, tmp_path):
    def run(*overrides):
        """The losses of the first steps, and the module."""
        whole = config(*overrides)
        if "source" in whole["data"]:
            whole["data"] |= {"source": "embedded", "train_size": 400}
        seed_everything(whole["seed"], verbose=False)
        data = build_data(whole)
        data.setup()
        parts = instantiate_parts(whole, LEARNER)
        network = build_network(parts, data.spec)
        parts.initializer()(network)
        how = {group: getattr(parts, group) for group in ("optimizer", "scheduler", "gradient")}
        module = build_module(parts, data.spec, network, **how, run_length=RunLength(STEPS, STEPS))
        losses = []
        module.on_train_batch_end = lambda outputs, batch, batch_idx: losses.append(float(outputs["loss"]))
        trainer = Trainer(
            accelerator="cpu",
            precision=whole["trainer"]["precision"],
            max_steps=STEPS,
            limit_val_batches=0,
            logger=False,
            enable_checkpointing=False,
            enable_progress_bar=False,
            enable_model_summary=False,
            default_root_dir=tmp_path,
        )
        trainer.fit(module, datamodule=data)
        return losses, module

    return run


QUIET = [
    pytest.mark.filterwarnings("ignore:.*does not have many workers"),
    pytest.mark.filterwarnings("ignore:.*is deprecated, use.*TreeSpec"),
]
pytestmark = QUIET


@pytest.mark.parametrize("overrides", TASKS, ids=lambda each: "-".join(each[:1] + each[2:3]))
def test_hand_written_layers_give_the_librarys_losses(run, overrides):
    theirs, _ = run(*overrides)
    ours, module = run(*overrides, "layers=scratch")
    assert len(ours) == STEPS
    assert max(abs(mine - other) for mine, other in zip(ours, theirs, strict=True)) < 1e-5 * max(1, theirs[0])
    assert layer_notes(module)[0].endswith("; PyTorch's: none")


@pytest.mark.parametrize(
    "optimizer", ["sgd", "momentum", "nesterov", "adagrad", "adadelta", "rmsprop", "adam", "adamw", "lion", "muon"]
)
def test_hand_written_optimizers_give_the_librarys_losses(run, optimizer):
    task = ["task=digits_mlp", "data.batch_size=20", "learning_rates.adadelta=1"]  # not 30: it is chaotic at first
    theirs, _ = run(*task, f"optimizer={optimizer}")
    ours, _ = run(*task, f"optimizer=scratch_{optimizer}")
    # Rounding to bfloat16 turns a difference in the eighth digit into one in the third.
    assert ours == pytest.approx(theirs, abs=2e-3 if optimizer == "muon" else 1e-4)


def test_checking_the_gradient_does_not_change_the_run(run, capsys):
    task = [*HOUSE_LIKE, "layers=scratch"]
    theirs, _ = run(*task)
    ours, _ = run(*task, "gradient=check", "gradient.every=20")
    assert ours == theirs
    lines = capsys.readouterr().out.splitlines()
    steps = [line for line in lines if line.startswith("step ")]
    assert [line.partition(":")[0] for line in steps] == ["step 1", "step 21", "step 41"]
    assert all("agree in all 6 parameters" in line for line in steps)


def test_differences_train_as_backpropagation_does(run):
    for task in (["task=linear_toy"], ["task=logistic_toy", "layers=scratch"]):
        assert run(*task, "gradient=numerical")[0] == pytest.approx(run(*task)[0], rel=1e-4)


@pytest.mark.parametrize("activation", ["step", "crelu", "softmax"])
def test_a_checkpoint_with_one_of_the_further_activations_is_trusted(config, activation):
    check_trusted(config("task=digits_mlp", f"activation={activation}"), [], "a.ckpt")


def test_a_checkpoint_on_hand_written_layers_is_trusted(config):
    for task in ("fashion_lenet", "linear_regression", "logistic_toy"):
        check_trusted(config(f"task={task}", "layers=scratch"), [], "a.ckpt")


def test_other_activations_stay_torchs_and_it_is_said(run):
    _, module = run("task=digits_mlp", "layers=scratch", "activation=gelu")
    assert layer_notes(module) == ["written out by hand: CrossEntropyLoss, Linear; PyTorch's: GELU"]


def test_the_librarys_layers_need_no_note(run):
    assert layer_notes(run("task=digits_mlp")[1]) == []


def test_step_says_that_it_stops_gradients(run):
    _, module = run("task=digits_mlp", "activation=step", "optimizer=sgd")
    assert any("no gradient reaches the layers before it" in line for line in layer_notes(module))
    assert not module.network.body[0].weight.grad.any() and module.network.head.weight.grad.any()


def test_a_counterpart_keeps_the_options_of_its_activation_and_criterion(config):
    whole = copy.deepcopy(config("task=fashion_lenet", "layers=scratch", "module.criterion.label_smoothing=0.1"))
    whole["activation"] = {"_target_": "torch.nn.ReLU", "_partial_": True, "inplace": True}
    data = build_data(whole | {"data": whole["data"] | {"source": "embedded", "train_size": 64}})
    data.setup()
    parts = instantiate_parts(whole, LEARNER)
    network = build_network(parts, data.spec)
    assert network.body[1].inplace and type(network.body[1]).__module__ == "lightlab.scratch.activations"
    assert build_module(parts, data.spec, network).criterion.label_smoothing == 0.1
    assert network(torch.rand(2, 1, 28, 28)).shape == (2, 10)
