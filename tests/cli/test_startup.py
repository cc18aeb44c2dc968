import os
import subprocess
import sys
from pathlib import Path

import pytest

from lightlab.cli.startup import start

ROOT = Path(__file__).parents[2]


def test_an_error_of_an_import_is_one_line(capfd):
    with pytest.raises(SystemExit):
        start("nowhere")
    assert capfd.readouterr().err.startswith("error: unexpected ModuleNotFoundError")


def test_a_working_directory_that_is_gone_is_said(tmp_path, monkeypatch, capfd):
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    with pytest.raises(SystemExit):
        start("report")
    assert capfd.readouterr().err == "error: the working directory is gone; cd into one that exists\n"
    monkeypatch.chdir(tmp_path)


def test_an_empty_variable_counts_as_none(monkeypatch, capfd):
    monkeypatch.setenv("LIGHTLAB_CACHE", "")
    monkeypatch.setattr(sys, "argv", ["report.py"])
    with pytest.raises(SystemExit):
        start("report")
    assert "LIGHTLAB_CACHE" not in os.environ


@pytest.mark.parametrize("closed", [">&-", ">&- 2>&-", "<&-", "| true"])
def test_a_closed_stream_is_no_error(closed):
    command = f"{sys.executable} {ROOT / 'train.py'} --help {closed}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True)
    assert done.stderr == ""


def test_output_that_cannot_hold_a_character_is_escaped():
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    done = subprocess.run([sys.executable, ROOT / "predict.py", "--help"], capture_output=True, env=environment)
    assert done.returncode == 0 and rb"\u6625" in done.stdout
