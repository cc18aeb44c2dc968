"""lightlab.runs.media: pictures, text and hyperparameters reach any logger that can show them."""

import pytest
import torch
from lightning.pytorch.loggers import CSVLogger, MLFlowLogger
from lightning.pytorch.loggers.logger import DummyLogger
from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from lightlab.runs.loggers import RunLogger
from lightlab.runs.media import add_histogram, add_picture, add_text, describe, how_to_watch, hyperparameters

CONFIG = {"optimizer": {"_target_": "torch.optim.SGD", "lr": 0.1}, "trainer": {"max_epochs": 2}, "seed": 0}


@pytest.fixture
def png(tmp_path):
    Image.new("RGB", (5, 3)).save(tmp_path / "p.png")
    return tmp_path / "p.png"


def test_tensorboard_shows_a_picture_as_it_is_in_its_file_also_after_a_fit(tmp_path, png):
    logger = RunLogger(tmp_path / "run")
    logger.log_metrics({"loss/val": 1.0}, 1)
    logger.finalize("success")
    add_picture(logger, "test/p", png, 7)
    add_text(logger, "samples", "a poem", 7)
    logger.finalize("success")
    (image,) = EventAccumulator(str(tmp_path / "run")).Reload().Images("test/p")
    assert (image.step, image.width, image.height, image.encoded_image_string) == (7, 5, 3, png.read_bytes())


def test_a_logger_without_pictures_leaves_them_out(tmp_path, png):
    logger = CSVLogger(tmp_path / "run")
    describe(logger, CONFIG, [])
    for add, value in ((add_picture, png), (add_text, "text"), (add_histogram, torch.ones(2))):
        add(logger, "tag", value, 1)
    assert how_to_watch(logger) == ""


def test_one_line_teaches_a_logger_of_ones_own(png):
    class Wall(DummyLogger):
        shown: tuple = ()

    @add_picture.register
    def _(logger: Wall, tag, png, step):
        logger.shown = (tag, step)

    wall = Wall()
    add_picture(wall, "test/p", png, 3)
    assert wall.shown == ("test/p", 3)


def test_hyperparameters_leave_out_what_a_run_lacks():
    assert hyperparameters(CONFIG) == {
        "optimizer": "SGD", "lr": 0.1, "initializer": "default", "max_epochs": 2, "seed": 0
    }  # fmt: skip


@pytest.mark.filterwarnings("ignore")
def test_mlflow_keeps_pictures_and_text_and_takes_what_a_resume_changes(tmp_path, png):
    pytest.importorskip("mlflow", reason="needs the extra mlflow")
    pytest.importorskip("alembic", reason="MLflow's database needs alembic")
    logger = MLFlowLogger(
        tracking_uri=f"sqlite:///{tmp_path}/mlflow.db", artifact_location=(tmp_path / "mlruns").as_uri()
    )
    describe(logger, CONFIG, [])
    describe(logger, CONFIG | {"trainer": {"max_epochs": 4}}, [])
    add_picture(logger, "test/p", png, 1)
    add_text(logger, "samples", "a poem", 1)
    run = logger.experiment.get_run(logger.run_id)
    assert (run.data.params["trainer/max_epochs"], run.data.tags["trainer/max_epochs"]) == ("2", "4")
    assert {path.name for path in tmp_path.glob("mlruns/**/*") if path.is_file()} == {"p.png", "1.md"}
