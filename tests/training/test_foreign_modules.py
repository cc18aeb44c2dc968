"""Modules and data modules written as Lightning's documentation writes them, from a folder outside the project."""

import csv
import sys

import pytest
import torch

from lightlab.cli.startup import make_importable
from lightlab.config.composition import Groups, composed
from lightlab.config.schema import check
from lightlab.errors import LightlabError
from lightlab.prediction.by_step import columns_of
from lightlab.prediction.options import parse_options
from lightlab.prediction.predict import predict
from lightlab.report.runs import read_run
from lightlab.runs.checkpoints import read_checkpoint
from lightlab.training.building import build
from lightlab.training.fit import train

SOURCE = """
import torch
from lightning.pytorch import LightningDataModule, LightningModule
from torch import nn
from torch.utils.data import DataLoader, Dataset, IterableDataset


class Rows(Dataset):
    def __init__(self, rows=48, seed=0):
        self.x = torch.randn(rows, 2, generator=torch.Generator().manual_seed(seed))

    def __len__(self):
        return len(self.x)

    def __getitem__(self, row):
        return {"x": self.x[row], "y": (self.x[row].prod() > 0).long()}


class Stream(IterableDataset):
    def __iter__(self):
        return iter(torch.randn(20, 2))


class Data(LightningDataModule):
    def train_dataloader(self):
        return DataLoader(Rows(), batch_size=16, shuffle=True)

    def val_dataloader(self):
        return DataLoader(Rows(seed=1), batch_size=48)

    def test_dataloader(self):
        return DataLoader(Rows(seed=2), batch_size=48)

    def predict_dataloader(self):
        return DataLoader(Rows(5), batch_size=2)

    def read(self, source):
        return [{"x": torch.tensor(source)}]


class StreamData(LightningDataModule):
    def train_dataloader(self):
        return DataLoader(Stream(), batch_size=5)


class NoLoader(LightningDataModule):
    pass


class Net(LightningModule):
    def __init__(self, hidden, optimizer=None, network=None):
        super().__init__()
        self.save_hyperparameters(ignore=["network"])
        self.make_optimizer = optimizer or torch.optim.Adam
        self.layers = nn.Sequential(nn.Linear(2, hidden), nn.Dropout(0.1), nn.Linear(hidden, 2))

    def forward(self, x):
        return self.layers(x)

    def training_step(self, batch, batch_idx):
        if batch_idx == 1:
            return None
        loss = nn.functional.cross_entropy(self(batch["x"]), batch["y"])
        self.log("train_loss", loss)
        return loss

    def validation_step(self, batch, batch_idx):
        self.log("val_loss", nn.functional.cross_entropy(self(batch["x"]), batch["y"]))

    def test_step(self, batch, batch_idx):
        self.log("test_acc", (self(batch["x"]).argmax(1) == batch["y"]).float().mean())

    def predict_step(self, batch, batch_idx):
        return {"class": self(batch["x"]).argmax(1), "p": self(batch["x"]).softmax(1)}

    def configure_optimizers(self):
        return self.make_optimizer(self.parameters(), lr=0.05)


class Gan(LightningModule):
    def __init__(self):
        super().__init__()
        self.automatic_optimization = False
        self.g, self.d = nn.Linear(2, 2), nn.Linear(2, 1)

    def training_step(self, real, batch_idx):
        for optimizer, loss in zip(self.optimizers(), (-self.d(self.g(real)).mean(), self.d(real).mean())):
            optimizer.zero_grad()
            self.manual_backward(loss)
            optimizer.step()
        self.log("d_loss", loss)

    def on_train_epoch_end(self):
        self.log("at_the_end", 7.0)

    def configure_optimizers(self):
        return torch.optim.SGD(self.g.parameters(), lr=0.1), torch.optim.SGD(self.d.parameters(), lr=0.2)


class NoStep(LightningModule):
    pass


class Unpacks(Gan):
    def training_step(self, batch, batch_idx):
        x, y = batch
"""
TASK = """# @package _global_
name: mine
module: {_target_: their_module.Net, hidden: 4}
data: {_target_: their_module.Data}
monitor: {name: val_loss}
trainer: {max_epochs: 2}
"""
GAN = ("module._target_=their_module.Gan", "~module.hidden", "data._target_=their_module.StreamData")


@pytest.fixture(scope="module")
def case(tmp_path_factory):
    """A folder for --config-dir with a module and a task."""
    folder = tmp_path_factory.mktemp("case")
    (folder / "task").mkdir()
    (folder / "task" / "mine.yaml").write_text(TASK)
    (folder / "their_module.py").write_text(SOURCE)
    (folder / "broken.py").write_text("import torch\nimport nothing_of_that_name\n")
    make_importable(folder)
    yield folder
    sys.path.remove(str(folder))
    sys.modules.pop("their_module", None)


@pytest.fixture(scope="module")
def configured(case, conf):
    """Composes and checks the task with further overrides."""

    def compose(*overrides):
        base = ["task=mine", "logger=csv", "keep_pages=false", "accelerator=cpu", *overrides]
        config = composed(base, Groups([conf, case]))
        check(config)
        return config

    return compose


@pytest.fixture(scope="module")
def run(configured, tmp_path_factory):
    """A run of four epochs with the default callbacks."""
    folder = tmp_path_factory.mktemp("runs") / "run"
    return folder, train(configured("trainer.max_epochs=4"), folder)


def rows(folder):
    with (folder / "metrics.csv").open() as file:
        return list(csv.DictReader(file))


def test_a_run_leaves_the_records_that_lightlabs_own_leave(run):
    folder, results = run
    assert {"train_loss", "val_loss", "test_acc", "best_epoch"} <= results.keys()
    assert [row["step"] for row in rows(folder)] == ["3", "6", "9", "12"]
    assert (folder / "figures" / "curves.png").is_file() and not (folder / "figures" / "mistakes.png").exists()
    assert {"loss/val", "loss/train", "acc/test"} <= read_run(folder).metrics.keys()


def test_a_resumed_run_ends_with_the_same_weights(run, configured, tmp_path):
    whole, part = run[0], tmp_path / "part"
    train(configured(), part)
    train(configured("trainer.max_epochs=4") | {"resume": str(part)}, part)
    assert [row["val_loss"] for row in rows(part)] == [row["val_loss"] for row in rows(whole)]
    weights, others = (read_checkpoint(each / "checkpoints" / "last.ckpt")["state_dict"] for each in (whole, part))
    assert all(torch.equal(weights[name], others[name]) for name in weights)


@pytest.mark.parametrize(("given", "count"), [("config_dir", 5), ("allow", 2)])
def test_predict_step_makes_a_table(run, case, given, count):
    trusted = {"config_dir": f"config_dir={case}", "allow": "allow=[their_module]"}[given]
    read = [] if given == "config_dir" else ["input=[[1.0,2.0],[3.0,4.0]]"]
    table = predict(parse_options([f"run={run[0]}", trusted, *read]), run[0] / "checkpoints" / "best.ckpt").table
    assert list(table) == ["class", "p 1", "p 2"] and len(table) == count


def test_a_module_that_nobody_trusts_is_not_built(run):
    with pytest.raises(LightlabError, match=r"names their_module\.Net, which is not lightlab's"):
        predict(parse_options([f"run={run[0]}", "input=1"]), run[0] / "checkpoints" / "best.ckpt")


def test_two_optimizers_of_a_gan_train_on_a_stream(configured, tmp_path):
    results = train(configured(*GAN, "monitor.name=null"), tmp_path / "gan")
    assert results["at_the_end"] == 7 and "learning_rate_2" not in results
    assert [(row["learning_rate"], row["learning_rate_2"]) for row in rows(tmp_path / "gan")] == [("0.1", "0.2")] * 2


def test_what_the_module_makes_itself_is_ignored_and_said(configured, tmp_path, capsys):
    train(configured("optimizer=adam"), tmp_path / "run", typed=["task=mine", "optimizer=adam"])
    assert "! their_module.Net makes its own optimizer: optimizer=adam is ignored" in capsys.readouterr().err


def test_a_part_that_the_module_takes_as_an_argument_is_not_ignored(configured, tmp_path):
    config = configured("optimizer=sgd", "+module.optimizer=${optimizer}")
    run = build(config, tmp_path / "run", typed=["optimizer=sgd"])
    assert not run.notes and isinstance(run.module.configure_optimizers(), torch.optim.SGD)


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (["~module.hidden"], "module: .*missing 1 required positional argument: 'hidden'"),
        (["module._target_=their_module.NoStep", "~module.hidden"], "NoStep defines no training_step"),
        (["module._target_=their_module.Missing"], "module: their_module defines no Missing"),
        (["module._target_=not_there.Net"], "module: No module named 'not_there'; a file of your own"),
        (["module._target_=broken.Net"], r"broken\.py:2: ModuleNotFoundError: No module named 'nothing_of_that_name'"),
        (["module._target_=builtins.dict"], "module: builtins.dict is no LightningModule"),
        (["data._target_=their_module.NoLoader"], "NoLoader defines no train_dataloader"),
        (["data._target_=builtins.dict"], "data: builtins.dict is no LightningDataModule"),
        (["monitor.name=val_los"], "monitor.name=val_los: Net logs val_loss; did you mean 'val_loss'"),
        ([*GAN, "monitor.name=val"], "monitor.name=val: Gan logs at_the_end, d_loss; name one of them"),
        (
            [*GAN, "module._target_=their_module.Unpacks"],
            r"Unpacks.training_step failed at its first batch, a tensor \(5, 2\): ValueError: .*their_module.py:\d+\)",
        ),
        (["folds=2"], "folds: Data data cannot be dealt into folds"),
    ],
)
def test_a_broken_contract_is_one_line(configured, tmp_path, overrides, message):
    from lightlab.training.cross_validation import cross_validate

    config = configured(*overrides)
    with pytest.raises(LightlabError, match=message) as error:
        (cross_validate if config["folds"] else train)(config, tmp_path / "run")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("outputs", "columns"),
    [
        ([torch.tensor([1, 2]), torch.tensor([3])], {"prediction": [1, 2, 3]}),
        ([torch.tensor([[1.0], [2.0]])], {"prediction": [1.0, 2.0]}),
        ([(torch.tensor([1]), torch.tensor([2]))], {"prediction 1": [1], "prediction 2": [2]}),
        ([[{"a": 1}, {"a": 2}], [{"a": 3}]], {"a": [1, 2, 3]}),
        ([["x", "y"]], {"prediction": ["x", "y"]}),
        ([[torch.tensor([1])], [torch.tensor([2])]], {"prediction": [1, 2]}),  # of two loaders
        ([{"mask": torch.ones(1, 2, 2, dtype=torch.int)}], {"mask": [[[1, 1], [1, 1]]]}),
    ],
)
def test_outputs_become_columns(outputs, columns):
    assert columns_of(outputs, "Net") == columns


def test_outputs_without_a_value_for_each_row_are_refused():
    with pytest.raises(LightlabError, match=r"make no table: a \(2\), b \(1\)"):
        columns_of([{"a": torch.zeros(2), "b": torch.zeros(1)}], "Net")


def test_a_callback_whose_needs_are_not_met_steps_aside(configured, tmp_path):
    names = {type(callback).__name__ for callback in build(configured(), tmp_path / "run").callbacks}
    assert {"MetricsCsv", "BestCheckpoint", "Curves"} <= names
    assert not names & {"Mistakes", "PredictionsPicture", "InputsPicture", "ErrorDiagnosis", "TeachingChecks"}


def test_lightlabs_own_module_takes_metrics_and_weights_of_classes(config, tmp_path):
    overrides = ["task=digits_mlp", "data.source=embedded", "callbacks=none", "trainer.limit_train_batches=2"]
    metric = "{f1: {_target_: torchmetrics.classification.F1Score, task: multiclass, num_classes: 10}}"
    weights = "module.criterion.weight=[1,1,1,1,1,1,1,1,1,5]"
    results = train(config(*overrides, "trainer.max_epochs=1", f"+module.metrics={metric}", weights), tmp_path / "run")
    assert {"f1/val", "f1/test", "accuracy/test"} <= results.keys()
    with pytest.raises(LightlabError, match="2 weights for 10 outputs"):
        build(config(*overrides, "module.criterion.weight=[1,2]"), tmp_path / "other")


@pytest.mark.parametrize(
    ("options", "rates"),
    [
        ({"_target_": "torch.optim.lr_scheduler.CosineAnnealingWarmRestarts", "T_0": 2}, [0.005, 0.01, 0.005, 0.01]),
        ({"_target_": "torch.optim.lr_scheduler.StepLR", "step_size": 2, "interval": "step"}, [1e-3, 1e-4, 1e-5, 1e-6]),
    ],
)
def test_torchs_own_schedulers_step_by_epoch_or_by_step_and_resume(config, tmp_path, options, rates):
    def trained(folder, epochs, resume=None):
        composed_config = config("task=linear_toy", f"trainer.max_epochs={epochs}", "trainer.limit_train_batches=2")
        config_now = composed_config | {"scheduler": options, "resume": resume}
        config_now["data"] |= {"batch_size": 1}
        train(config_now, folder)
        return [float(row["learning_rate"]) for row in rows(folder)]

    whole = trained(tmp_path / "whole", 4)
    part = tmp_path / "part"
    trained(part, 2)
    assert trained(part, 4, str(part)) == whole
    assert whole == pytest.approx(rates)
