"""lightlab.runs.loggers: what loggers are told about a run, what is refused, and runs that go on."""

from functools import partial

import pytest
from lightning.pytorch.loggers import CSVLogger, MLFlowLogger, WandbLogger
from torch import nn

from lightlab.errors import UsageError
from lightlab.runs.loggers import Place, RunLogger, build_loggers, opened
from lightlab.runs.records import read_json
from lightlab.training.fit import train

SMALL = ("task=digits_mlp", "data.source=embedded", "trainer.max_epochs=1", "pictures=none")


@pytest.fixture
def place(tmp_path):
    return Place(tmp_path / "run", "digits")


def test_what_a_signature_has_is_filled_in_and_the_config_wins(place):
    filled, given = build_loggers({"steps": partial(CSVLogger), "other": partial(CSVLogger, name="mine")}, place)
    assert filled.log_dir == str(place.folder / "steps" / "version_0")
    assert given.log_dir == str(place.folder / "mine" / "version_0")
    (own,) = build_loggers({"tensorboard": partial(RunLogger)}, place)
    assert own.log_dir.rstrip("/") == str(place.folder)


@pytest.mark.parametrize(
    ("maker", "message"),
    [
        (partial(nn.Identity), r"logger\.x\._target_=torch\.nn\.modules\.linear\.Identity: makes a Identity"),
        (partial(CSVLogger, nothing=1), r"logger\.x: .*unexpected keyword argument 'nothing'"),
    ],
)
def test_what_makes_no_logger_is_refused_by_its_name(maker, message, place):
    with pytest.raises(UsageError, match=message):
        build_loggers({"x": maker}, place)


def test_checkpoints_stay_in_the_run_folder_whatever_logger_stands_first(config, tmp_path):
    logger = "+logger.steps={_target_: lightning.pytorch.loggers.CSVLogger}"
    train(config(*SMALL, logger), tmp_path / "run")
    assert sorted(path.name for path in (tmp_path / "run" / "checkpoints").iterdir()) == ["best.ckpt", "last.ckpt"]
    assert (tmp_path / "run" / "steps" / "version_0" / "metrics.csv").is_file()


@pytest.mark.parametrize(("logger", "package"), [(WandbLogger, "wandb"), (MLFlowLogger, "mlflow")])
def test_a_package_that_is_not_installed_is_named_with_its_extra(logger, package, place, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, package, None)
    with pytest.raises(UsageError, match=rf"logger\.x: .*{package}.*; pip install 'lightlab-dl\[{package}\]'"):
        build_loggers({"x": partial(logger)}, place)


@pytest.mark.filterwarnings("ignore")
def test_mlflow_goes_on_with_the_run_of_a_resume_and_refuses_a_server_that_is_not_there(tmp_path, place, monkeypatch):
    pytest.importorskip("mlflow", reason="needs the extra mlflow")
    pytest.importorskip("alembic", reason="MLflow's database needs alembic")
    maker = {"mlflow": partial(MLFlowLogger, tracking_uri=f"sqlite:///{tmp_path}/mlflow.db")}
    place.folder.mkdir()
    for step in (1, 2):
        (logger,) = build_loggers(maker, place)
        with opened({"mlflow": logger}, place.folder):
            logger.log_metrics({"loss/val": 0.5}, step)
    run_id = read_json(place.folder / "loggers.json")["mlflow"]
    assert [value.step for value in logger.experiment.get_metric_history(run_id, "loss/val")] == [1, 2]
    with pytest.raises(UsageError, match=r"logger\.mlflow: http://localhost:9 does not answer"):
        build_loggers({"mlflow": partial(MLFlowLogger, tracking_uri="http://localhost:9")}, place)


@pytest.mark.filterwarnings("ignore")
def test_wandb_offline_stays_in_the_run_folder_and_keeps_its_id(place):
    wandb = pytest.importorskip("wandb", reason="needs the extra wandb")
    place.folder.mkdir()
    for _ in range(2):
        (logger,) = build_loggers({"wandb": partial(WandbLogger, offline=True)}, place)
        with opened({"wandb": logger}, place.folder):
            logger.log_metrics({"loss/val": 0.5}, 1)
        assert wandb.run is None  # else the next job of a sweep would log into it
    run_id = read_json(place.folder / "loggers.json")["wandb"]
    assert {path.name.rpartition("-")[2] for path in place.folder.glob("wandb/offline-run-*")} == {run_id}
