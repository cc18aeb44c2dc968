"""lightlab.runs.log, as conf/hydra/job_logging/run.yaml configures it."""

import logging
import logging.config
import os
import warnings

import pytest
import yaml


@pytest.fixture
def configured(conf, tmp_path):
    root = logging.getLogger()
    before = root.handlers[:], root.level
    settings = yaml.safe_load((conf / "hydra" / "job_logging" / "run.yaml").read_text(encoding="utf-8"))
    settings["handlers"]["file"]["filename"] = str(tmp_path / "train.log")
    settings.pop("loggers")  # their levels would stay

    yield lambda: logging.config.dictConfig(settings)
    for handler in root.handlers:
        handler.close()
    root.handlers, root.level = before


def test_records_and_warnings_are_one_line_on_stderr_and_in_train_log(configured, tmp_path, capsys):
    configured()
    assert not (tmp_path / "train.log").exists()
    logging.getLogger("mine").info("epoch \x1b[2J over")
    logging.getLogger("mine").debug("left out")
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(False)  # begun again within the context, which restores what shows warnings
        logging.captureWarnings(True)
        warnings.warn("careful", stacklevel=1)
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "INFO mine: epoch \\x1b[2J over"
    assert lines[1].startswith("WARNING py.warnings: ") and lines[1].endswith("UserWarning: careful")
    kept = (tmp_path / "train.log").read_text(encoding="utf-8").splitlines()
    assert [line.split(" ", 2)[2] for line in kept] == lines


def test_other_ranks_write_nothing(configured, tmp_path, capsys, monkeypatch):
    configured()
    monkeypatch.setenv("RANK", "1")
    logging.getLogger("mine").info("second")
    assert not capsys.readouterr().err and not (tmp_path / "train.log").exists()


def test_a_link_is_replaced_and_a_folder_that_is_gone_ends_nothing(configured, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    os.symlink(elsewhere, tmp_path / "train.log")
    configured()
    logging.getLogger("mine").info("here")
    assert not elsewhere.exists() and (tmp_path / "train.log").is_file()
