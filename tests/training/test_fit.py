"""What a run leaves in its folder, whatever the task; and that one which is refused leaves nothing."""

import csv
import json
import math
from pathlib import Path

import pytest
import torch
from PIL import Image

from lightlab.errors import LightlabError
from lightlab.training.fit import train

TASKS = sorted(path.stem for path in Path(__file__).parents[2].glob("conf/task/*.yaml"))
SHORT = ["trainer.max_epochs=2", "trainer.log_every_n_steps=1", "logger=tensorboard"]


@pytest.mark.slow
@pytest.mark.parametrize("task", TASKS)
def test_each_task_trains_on_its_embedded_data(task, config, tmp_path):
    whole = config(f"task={task}", *SHORT)
    if "source" in whole["data"]:
        whole["data"] |= {"source": "embedded", "train_size": 64}
    if "count" in (whole["data"].get("synthetic") or {}):  # of drawings
        whole["data"]["synthetic"]["count"] = 2200 if "synthetic_test" in whole["data"] else 300
    results = train(whole, tmp_path)
    assert results == json.loads((tmp_path / "metrics.json").read_text())
    assert results["data"] == "embedded" and results["epochs"] == 2
    assert all(math.isfinite(value) for name, value in results.items() if "/" in name)
    with (tmp_path / "metrics.csv").open() as file:
        assert [row["epoch"] for row in csv.DictReader(file)] == ["1", "2"]
    for name in ("config.yaml", "environment.json", "checkpoints/last.ckpt"):
        assert (tmp_path / name).is_file(), name
    with Image.open(tmp_path / "figures" / "curves.png") as picture:
        assert picture.width > 300
    assert list(tmp_path.glob("events.out.tfevents.*"))


@pytest.mark.parametrize(
    ("overrides", "answer"),
    [
        (["network=lenet"], "network lenet takes images"),
        (["module=softmax"], "choose a module and a data that fit"),
        (["monitor.name=accuracy/val"], "this task measures loss/train"),
        (["init_from=none.ckpt"], "no such"),
        (["accelerator=gpu"], "use accelerator=cpu"),
    ],
)
def test_parts_that_do_not_fit_are_refused_before_anything_is_written(overrides, answer, config, tmp_path):
    if overrides == ["accelerator=gpu"] and torch.cuda.is_available():
        pytest.skip("this machine has the accelerator that the test wants absent")
    with pytest.raises(LightlabError, match=answer) as caught:
        train(config("task=linear_toy", *overrides), tmp_path / "run")
    assert "\n" not in str(caught.value) and not (tmp_path / "run").exists()
