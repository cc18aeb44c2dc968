"""5,500 JPEG photos of 350×350 to pixels of 64×64: with one worker and with two, and from the cache."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.commands import alternate
from benchmarks.options import Options
from benchmarks.tables import Timing, comparison

SIDE = 350


def measure(options: Options) -> str:
    count = 200 if options.quick else 5500
    rounds = options.rounds or (1 if options.quick else 3)
    with tempfile.TemporaryDirectory() as folder:
        _take_photos(Path(folder), count)
        ours = ["-m", "benchmarks.timed_photos", folder]
        contenders = {"one worker": [*ours, "1"], "two workers": [*ours, "2"]}
        results = alternate(contenders, rounds, options.threads)
    timings = {}
    for name, runs in results.items():
        for start in ("first", "second"):
            found = [run.numbers(rf"^{start} start seconds ([\d.]+)  cpu ([\d.]+)") for run in runs]
            timings[f"{start} start, {name}"] = [Timing(wall, cpu) for each in found for _, wall, cpu in each]
    return comparison(timings, against=["first start, one worker", "first start, two workers"])


def _take_photos(folder: Path, count: int) -> None:
    """Photos of soft colours and grain, of which no two are alike, and their scores."""
    random = np.random.default_rng(0)
    for index in range(count):
        colours = Image.fromarray(random.integers(0, 256, (12, 12, 3), dtype=np.uint8))
        soft = np.asarray(colours.resize((SIDE, SIDE), Image.Resampling.BICUBIC), np.float32)
        grain = random.standard_normal((SIDE, SIDE, 1), dtype=np.float32) * 8
        Image.fromarray((soft + grain).clip(0, 255).astype(np.uint8)).save(folder / f"{index:05d}.jpg", quality=90)
    scores = (f"{index:05d}.jpg,{1 + index % 5}\n" for index in range(count))
    (folder / "scores.csv").write_text("name,score\n" + "".join(scores))
