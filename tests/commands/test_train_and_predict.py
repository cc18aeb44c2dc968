"""The commands of the README, in processes of their own."""

import csv
import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

ROOT = Path(__file__).resolve().parents[2]
SHORT = ["trainer.max_epochs=2", "trainer.log_every_n_steps=1"]


def only_run(folder: Path) -> Path:
    (run,) = (folder / "runs").glob("*/*")
    return run


@pytest.mark.slow
@pytest.mark.parametrize("task", ["diabetes", "poetry_rnn_course", "surface"])
def test_a_task_trains_from_the_command_line(task, run_cli, tmp_path):
    small = [] if task == "surface" else ["data.source=embedded", "data.train_size=100"]
    done = run_cli(f"task={task}", *SHORT, *small)
    assert done.returncode == 0, done.stderr
    run = only_run(tmp_path)
    assert run.parent.name == json.loads((run / "metrics.json").read_text())["name"]
    assert (run / ".hydra" / "overrides.yaml").is_file() and list(run.glob("events.out.tfevents.*"))
    assert f"run={run.relative_to(tmp_path)}" in done.stdout


@pytest.mark.slow
def test_train_then_predict_a_photo_after_the_run_moved(run_cli, tmp_path):
    assert run_cli("task=fashion_lenet", *SHORT, "data.source=embedded", "data.train_size=300").returncode == 0
    moved = shutil.move(only_run(tmp_path), tmp_path / "搬走 (1)")
    photo = tmp_path / "照片 = 1.png"
    Image.fromarray(np.full((90, 60, 3), 200, np.uint8)).save(photo)
    done = run_cli("predict.py", f"run={moved}", f"input={photo}", "output=predictions.csv")
    assert done.returncode == 0, done.stderr
    (row,) = csv.DictReader((tmp_path / "predictions.csv").read_text(encoding="utf-8").splitlines())
    probabilities = [float(cell) for name, cell in row.items() if name.startswith("p(")]
    assert row["name"] == photo.name
    assert len(probabilities) == 10 and sum(probabilities) == pytest.approx(1, abs=1e-5)
    assert float(row["probability"]) == max(probabilities)


@pytest.mark.slow
def test_the_toy_line_is_learnt_and_predicted(run_cli):
    assert run_cli("task=linear_toy").returncode == 0
    done = run_cli("predict.py", "run=last", "input=[[4.0]]", "output=y.json")
    assert done.returncode == 0, done.stderr
    assert json.loads(Path("y.json").read_text())[0]["y"] == pytest.approx(8.5, abs=0.01)


@pytest.mark.slow
def test_sigterm_saves_and_resume_goes_on_in_the_same_folder(run_cli, tmp_path):
    command = [
        sys.executable,
        str(ROOT / "train.py"),
        "task=digits_mlp",
        "data.source=embedded",
        "trainer.max_epochs=200",
        "scheduler=none",
    ]
    with subprocess.Popen([*command, "logger=csv"], cwd=tmp_path, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith("epoch "):
                break
        process.send_signal(signal.SIGTERM)
        rest = process.stdout.read()
    assert process.returncode == 128 + signal.SIGTERM
    assert "saving first" in rest
    run = only_run(tmp_path)
    reached = torch.load(run / "checkpoints" / "last.ckpt", weights_only=True)["epoch"] + 1
    done = run_cli("resume=last", f"trainer.max_epochs={reached + 2}")
    assert done.returncode == 0, done.stderr
    with (run / "metrics.csv").open() as file:
        assert [int(row["epoch"]) for row in csv.DictReader(file)] == list(range(1, reached + 3))
    assert only_run(tmp_path) == run
    assert (run / ".hydra" / "resume-1.yaml").is_file()


@pytest.mark.slow
def test_slips_are_answered_in_one_line(run_cli):
    for slip, answer in {
        "optimizer=adm": "did you mean 'adam'?",
        "optimizer.lrr=1": "did you mean 'optimizer.lr'?",
        "task=fashion_lent": "did you mean 'fashion_lenet",
        "trainer.max_epochs=-2": "trainer.max_epochs=-2: must be a whole number",
        "optimizer.lr=abc": "optimizer.lr=abc: must be a number above 0",
    }.items():
        done = run_cli(slip)
        assert done.returncode == 2
        assert answer in done.stderr and done.stderr.count("\n") == 1 and not done.stdout
    assert not Path("runs").exists()


BAD_INPUT = {
    "missing data": (["task=fashion_lenet", "data.source=files", "data_dir=nowhere"], "does not hold fashion_mnist"),
    "nothing to resume": (["resume=last"], "train one first"),
    "unknown option of a part": (["task=linear_toy", "+optimizer.speed=1"], "speed"),
    "a loss that is no number": (["task=linear_toy", "optimizer.lr=1e9", "trainer.max_epochs=50"], "try optimizer.lr="),
}


@pytest.mark.slow
@pytest.mark.parametrize("case", BAD_INPUT)
def test_bad_input_ends_in_one_line_and_leaves_nothing_half_written(case, run_cli, tmp_path):
    arguments, answer = BAD_INPUT[case]
    done = run_cli(*arguments)
    assert done.returncode in (1, 2)
    errors = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
    assert len(errors) == 1 and answer in errors[0], done.stderr
    assert "Traceback" not in done.stderr
    assert not list(tmp_path.rglob("*.part"))
    if case != "a loss that is no number":
        assert not list(tmp_path.glob("runs/*/*"))


@pytest.mark.slow
def test_a_full_disk_is_one_line_and_leaves_the_checkpoint_before(run_cli, tmp_path):
    assert run_cli("task=linear_toy", "trainer.max_epochs=2", "logger=csv").returncode == 0
    run = only_run(tmp_path)
    before = (run / "checkpoints" / "last.ckpt").read_bytes()
    limit = f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, ({len(before) - 1},) * 2); "
    ignore = "import signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN); "
    script = f"{limit}{ignore}import sys, runpy; sys.argv = ['train.py', 'resume=last', 'trainer.max_epochs=4']; "
    script += f"runpy.run_path({str(ROOT / 'train.py')!r}, run_name='__main__')"
    environment = os.environ | {"MPLCONFIGDIR": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, env=environment)
    assert done.returncode == 1
    assert "could not be written" in done.stderr and "Traceback" not in done.stderr
    assert (run / "checkpoints" / "last.ckpt").read_bytes() == before
    assert not list(run.rglob("*.part"))


@pytest.mark.slow
def test_real_fashion_mnist_trains_and_scores_its_own_test_file(run_cli, tmp_path, real_data):
    recipe = ["task=fashion_softmax", f"data_dir={real_data}", "data.source=files", "trainer.max_epochs=1"]
    assert run_cli(*recipe).returncode == 0
    results = json.loads((only_run(tmp_path) / "metrics.json").read_text())
    assert results["data"] == "real" and results["accuracy/test"] > 0.7
    test_images = real_data / "fashion_mnist" / "t10k-images-idx3-ubyte.gz"
    done = run_cli("predict.py", "run=last", f"input={test_images}", "output=p.csv")
    assert f"scored on 10,000 labelled rows: accuracy {results['accuracy/test']:.4f}" in done.stdout
