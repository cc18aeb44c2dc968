"""Timings of epochs, steps and loading, start-up left out: functions of `Options` that return a Markdown table each."""

import tempfile
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.measuring import ROOT, Command, Options, Timing, alternate, compare_lines, comparison, run

EPOCH = r"^epoch \d+ .*\bseconds ([\d.]+)  cpu ([\d.]+)"
STEP = r"^epoch \d+  step ([\d.]+)  cpu ([\d.]+)"
SIDE = 350  # pixels of a photo


def lenet_epoch(options: Options) -> str:
    """One epoch of LeNet on Fashion-MNIST: 57,000 training rows at N 256, SGD at 0.9, 3,000 validation rows."""
    raw, unit = "plain, 0–255", "plain, 0–1"
    epochs = 2 if options.quick else 5  # the first one warms up
    plain: Command = [ROOT / "benchmarks/plain/lenet.py", "--data-dir", options.data_dir]
    plain += ["--validation", "3000", "--epochs", str(epochs)]
    ours: Command = ["-m", "benchmarks.training", "EpochTimes", "task=fashion_lenet", "optimizer=sgd", "scheduler=none"]
    ours += [f"data_dir={options.data_dir}", "data.source=files", f"trainer.max_epochs={epochs}"]
    contenders: dict[str, Command] = {
        raw: [*plain, "--pixels", "raw"],
        unit: [*plain, "--pixels", "unit"],
        "lightlab": [*ours, "trainer.precision=32-true"],
        "lightlab, bf16": [*ours, "trainer.precision=bf16-mixed"],
    }
    return compare_lines(alternate(contenders, options.rounds_or(3), options.threads), EPOCH, against=[raw, unit])


def by_hand(options: Options) -> str:
    """A step of `task=digits_mlp` on PyTorch's layers and optimizer, and on those written out by hand."""
    library = "PyTorch's layers, optimizer=adam"
    epochs = 2 if options.quick else 4  # the first one warms up
    common: Command = ["-m", "benchmarks.training", "StepTimes", "task=digits_mlp", "logger=csv"]
    common += [f"data_dir={options.data_dir}", f"trainer.max_epochs={epochs}"]
    contenders: dict[str, Command] = {
        library: [*common, "layers=torch", "optimizer=adam"],
        "layers=scratch": [*common, "layers=scratch", "optimizer=adam"],
        "optimizer=scratch_adam": [*common, "layers=torch", "optimizer=scratch_adam"],
        "both": [*common, "layers=scratch", "optimizer=scratch_adam"],
    }
    return compare_lines(alternate(contenders, options.rounds_or(3), options.threads), STEP, [library], unit="ms")


def step(options: Options) -> str:
    """A step and an epoch's end of `task=linear_regression`, with each default callback left out in turn."""
    epochs = 50 if options.quick else 300
    command: Command = ["-m", "benchmarks.callback_costs", str(options.rounds_or(5)), "task=linear_regression"]
    return run([*command, f"trainer.max_epochs={epochs}"], options.threads).text


def photos(options: Options) -> str:
    """5,500 JPEG photos of 350×350 reduced to 64×64: with one worker and with two, and read from the cache."""
    timings = {}
    with tempfile.TemporaryDirectory() as folder:
        _draw_photos(Path(folder), 200 if options.quick else 5500)
        ours: Command = ["-m", "benchmarks.loading", "task=face_score", "data=photos", f"data.folder={folder}"]
        contenders: dict[str, Command] = {
            "one worker": [*ours, "data.workers=1"],
            "two workers": [*ours, "data.workers=2"],
        }
        results = alternate(contenders, options.rounds_or(3), options.threads)
    for name, runs in results.items():
        for start in ("first", "second"):
            lines = [run.numbers(rf"^{start} start  seconds ([\d.]+)  cpu ([\d.]+)") for run in runs]
            timings[f"{start} start, {name}"] = [Timing(wall, cpu) for each in lines for _, wall, cpu in each]
    return comparison(timings, against=["first start, one worker", "first start, two workers"])


def _draw_photos(folder: Path, count: int) -> None:
    """Writes photos of soft colours and grain, all different, and their scores."""
    random = np.random.default_rng(0)
    for index in range(count):
        colours = Image.fromarray(random.integers(0, 256, (12, 12, 3), dtype=np.uint8))
        soft = np.asarray(colours.resize((SIDE, SIDE), Image.Resampling.BICUBIC), np.float32)
        grain = random.standard_normal((SIDE, SIDE, 1), dtype=np.float32) * 8
        Image.fromarray((soft + grain).clip(0, 255).astype(np.uint8)).save(folder / f"{index:05d}.jpg", quality=90)
    scores = (f"{index:05d}.jpg,{1 + index % 5}\n" for index in range(count))
    (folder / "scores.csv").write_text("name,score\n" + "".join(scores))
