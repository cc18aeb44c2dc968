"""No change of the code moves a loss: ten steps of every task against the losses on record."""

import json
from pathlib import Path

import pytest
import torch

from tests.golden.record import FOLDER, TASKS, losses, processor

VERSION = torch.__version__.partition("+")[0]


def on_record() -> dict:
    """The losses of this torch version; of the newest on record where there are none."""
    own = FOLDER / f"torch-{VERSION}.json"
    newest = max(FOLDER.glob("torch-*.json"), key=lambda path: [int(part) for part in path.stem[6:].split(".")])
    return json.loads((own if own.is_file() else newest).read_text())


def test_every_task_is_on_record() -> None:
    assert sorted(on_record()["losses"]) == TASKS


@pytest.mark.slow
@pytest.mark.parametrize("task", TASKS)
def test_ten_steps_give_the_losses_on_record(task: str, tmp_path: Path) -> None:
    record = on_record()
    same_kernels = (record["torch"], record["processor"]) == (VERSION, processor())
    expected = record["losses"][task]
    assert losses(task, tmp_path) == (expected if same_kernels else pytest.approx(expected, rel=1e-5, abs=1e-7))
