"""Trains every task on the data at hand and compares with what scores.yaml says.

    python -m benchmarks.verify                                  # three seeds each: about two and a half hours
    python -m benchmarks.verify --quick                          # one seed of what takes a minute or less
    python -m benchmarks.verify --tasks fashion_lenet,diabetes --data-dir data

Runs are whole commands, kept in runs/. Where all runs of a score lie in its band, what they give takes the place of the
old score in scores.yaml, in the header of the task and in the READMEs' tables; not with --quick, whose single runs have
no spread. Ends with code 1 where a run fails or leaves its band.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks import scores
from benchmarks.commands import run as run_command
from benchmarks.scores import Score
from lightlab.runs.folder import new_run

LONG = 60  # seconds


def main() -> None:
    options = _options()
    known, unmeasured = scores.read()
    chosen = [score for score in known if score.task in (options.tasks or [score.task])]
    chosen = [score for score in chosen if not options.quick or score.seconds <= LONG]
    for task in options.tasks or unmeasured:
        if task in unmeasured:
            print(f"{task}: left out: {unmeasured[task]}")
    ready = [score for score in chosen if _is_ready(score, options.data_dir)]
    seeds = {score.run: 1 if options.quick else score.seeds for score in ready}
    minutes = sum(score.seconds * seeds[score.run] for score in ready) / 60
    print(f"{sum(seeds.values())} runs, about {minutes:.0f} minutes on two CPU cores", flush=True)
    measured, outside = {}, []
    for score in ready:
        results = [_run(score, seed, options) for seed in range(seeds[score.run])]
        if all(within(score, each) for each in results):
            measured[score.run] = score.measured([each for each in results if each])
        else:
            outside.append(score.run)
    for line in scores.record({} if options.quick else measured):
        print(line)
    if outside:
        print(f"error: out of their bands: {'; '.join(outside)}", file=sys.stderr)
        raise SystemExit(1)


def within(score: Score, results: dict[str, Any]) -> bool:
    """Whether a run, empty if it failed, lies in the score's band."""
    low, high = score.band
    return bool(results) and low <= float(results[score.metric]) <= high


def _is_ready(score: Score, data_dir: Path) -> bool:
    if score.needs and not (data_dir / score.needs).is_dir():
        print(f"{score.run}: left out: there is no {data_dir / score.needs}")
        return False
    return True


def _run(score: Score, seed: int, options: argparse.Namespace) -> dict[str, Any]:
    """What the run's metrics.json holds; nothing if the command failed, which is said."""
    overrides = [*score.overrides, f"seed={seed}"]
    folder = new_run("runs", score.task, [*overrides, "verify"]).absolute()
    command = ["train.py", *overrides, f"data_dir={options.data_dir}", f"hydra.run.dir={folder}"]
    started = time.perf_counter()
    try:
        run_command(command, options.threads)
        results = json.loads((folder / "metrics.json").read_text(encoding="utf-8"))
        said = f"{float(results[score.metric]):.5g}, {'in' if within(score, results) else 'OUT OF'} {score.band}"
    except RuntimeError as error:
        results, said = {}, str(error).splitlines()[-1]
    print(f"{score.run} seed={seed}: {score.metric} {said}, {time.perf_counter() - started:.0f} s", flush=True)
    return results


def _options() -> argparse.Namespace:
    tasks = sorted(path.stem for path in (scores.ROOT / "conf" / "task").glob("*.yaml"))
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tasks", type=lambda text: text.split(","))
    parser.add_argument("--quick", action="store_true", help="one seed of what takes a minute or less")
    parser.add_argument("--data-dir", type=Path, default=Path(os.environ.get("LIGHTLAB_DATA", "data")))
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args()
    if unknown := set(options.tasks or []) - set(tasks):
        parser.error(f"{', '.join(sorted(unknown))}: no such task; there are {', '.join(tasks)}")
    options.data_dir = options.data_dir.expanduser().resolve()
    return options


if __name__ == "__main__":
    main()
