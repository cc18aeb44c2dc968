"""Trains every task on the data at hand and compares with the scores in scores.yaml.

    python -m benchmarks.verify                                  # three seeds each: about two and a half hours
    python -m benchmarks.verify --quick                          # one seed of each run that takes a minute or less
    python -m benchmarks.verify --tasks fashion_lenet,diabetes --data-dir data

Runs are whole commands, kept in runs/. If all runs of a score lie in its band, the new score replaces the old one in
scores.yaml, in the header of the task and in the READMEs' tables; not with --quick, whose single runs have no spread.
Ends with code 1 if a run fails or leaves its band.
"""

import argparse
import json
import math
import os
import re
import shlex
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

import yaml

from benchmarks.measuring import ROOT
from benchmarks.measuring import run as run_command
from lightlab.files import whole_file
from lightlab.runs.folder import new_run

LONG = 60  # seconds
FILE = Path("benchmarks") / "scores.yaml"
READMES = {"en": "README.md", "zh": "README.zh-CN.md"}
BEGIN, END = "<!-- make verify writes this table -->\n", "<!-- its end -->\n"
_HEAD = {
    "en": "| task | score on the test rows | time | |\n|---|---|---:|---|\n",
    "zh": "| 任务 | 测试集成绩 | 用时 | |\n|---|---|---:|---|\n",
}
_UNITS = {"en": ("s", "min"), "zh": ("秒", "分钟")}


@dataclass(frozen=True)
class Score:
    """One command and its score; the head of scores.yaml describes the keys."""

    run: str
    metric: str
    score: str
    band: tuple[float, float]
    seconds: float
    needs: str | None = None
    seeds: int = 3
    bold: bool = False
    unit: dict[str, str] = field(default_factory=dict)
    en: str = ""
    zh: str = ""

    @property
    def overrides(self) -> list[str]:
        return shlex.split(self.run)

    @property
    def task(self) -> str:
        return self.overrides[0].partition("=")[2]

    @property
    def value(self) -> float:
        """The mean; a fraction where the score is a percentage."""
        number = float(self.score.split()[0])
        return number / 100 if self.score.endswith("%") else number

    def measured(self, results: list[dict[str, Any]]) -> str:
        """Returns the score of these runs with as many digits as now; a score without a spread keeps its text."""
        values = [float(run[self.metric]) for run in results]
        repeats = results[0].get(f"{self.metric}/repeat_std")
        if "±" not in self.score or (len(values) < 2 and repeats is None):
            return self.score
        percent = 100 if self.score.endswith("%") else 1
        digits = len(self.score.split()[0].partition(".")[2])
        mean, spread = percent * fmean(values), percent * (stdev(values) if repeats is None else repeats)
        return f"{mean:.{digits}f} ± {spread:.{digits}f}{' %' if percent == 100 else ''}"

    def in_band(self, results: dict[str, Any]) -> bool:
        """Returns whether a run, empty if it failed, lies in the band."""
        low, high = self.band
        return bool(results) and low <= float(results[self.metric]) <= high

    @property
    def header(self) -> Path:
        """The task's file."""
        return Path("conf") / "task" / f"{self.task}.yaml"

    def row(self, language: str) -> str:
        """Returns the score's line of the README's table."""
        seconds, minutes = _UNITS[language]
        time = f"{self.seconds:g} {seconds}" if self.seconds < 100 else f"{math.ceil(self.seconds / 60)} {minutes}"
        score = f"**{self.score}**" if self.bold else self.score
        unit = f"{self.unit[language]} " if self.unit else ""
        return f"| `{self.run.removeprefix('task=')}` | {unit}{score} | {time} | {getattr(self, language)} |\n"


def main() -> None:
    options = _options()
    known, unmeasured = read()
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
        if all(score.in_band(run) for run in results):
            measured[score.run] = score.measured(results)
        else:
            outside.append(score.run)
    for line in record({} if options.quick else measured):
        print(line)
    if outside:
        print(f"error: out of their bands: {'; '.join(outside)}", file=sys.stderr)
        raise SystemExit(1)


def _is_ready(score: Score, data_dir: Path) -> bool:
    if score.needs and not (data_dir / score.needs).is_dir():
        print(f"{score.run}: left out: there is no {data_dir / score.needs}")
        return False
    return True


def _run(score: Score, seed: int, options: argparse.Namespace) -> dict[str, Any]:
    """Runs the command, prints a line about it and returns its metrics.json; empty if it failed."""
    overrides = [*score.overrides, f"seed={seed}"]
    folder = new_run("runs", score.task, [*overrides, "verify"]).absolute()
    command = ["train.py", *overrides, f"data_dir={options.data_dir}", f"hydra.run.dir={folder}"]
    started = time.perf_counter()
    try:
        run_command(command, options.threads)
        results = json.loads((folder / "metrics.json").read_text(encoding="utf-8"))
        verdict = f"{float(results[score.metric]):.5g}, {'in' if score.in_band(results) else 'OUT OF'} {score.band}"
    except RuntimeError as error:
        results, verdict = {}, str(error).splitlines()[-1]
    print(f"{score.run} seed={seed}: {score.metric} {verdict}, {time.perf_counter() - started:.0f} s", flush=True)
    return results


def read(root: Path = ROOT) -> tuple[list[Score], dict[str, str]]:
    """Returns the scores, and the tasks without one with the reason."""
    content = yaml.safe_load((root / FILE).read_text(encoding="utf-8"))
    scores = [Score(**each | {"band": tuple(each["band"])}) for each in content["scores"]]
    return scores, content["unmeasured"]


def record(measured: dict[str, str], root: Path = ROOT) -> list[str]:
    """Replaces scores wherever they stand and writes the READMEs' tables.

    Args:
        measured: the new scores by their runs.

    Returns:
        A line for each score that has changed.
    """
    changes = []
    for score in read(root)[0]:
        new = measured.get(score.run, score.score)
        if new != score.score:
            _replace(root / FILE, rf"(run: {re.escape(score.run)}\n.*?score: ){re.escape(score.score)}", new)
            _replace(root / score.header, rf"({re.escape(score.run)}\b.*?){re.escape(score.score)}", new)
            changes.append(f"{score.run}: {score.score} is now {new}")
    for language, name in READMES.items():
        text = (root / name).read_text(encoding="utf-8")
        before, _, rest = text.partition(BEGIN)
        after = rest.partition(END)[2]
        _write(root / name, before + BEGIN + table(read(root)[0], language) + END + after)
    return changes


def table(scores: list[Score], language: str) -> str:
    """Returns the README's table: the scores that have a description in that language."""
    return _HEAD[language] + "".join(score.row(language) for score in scores if getattr(score, language))


def _replace(path: Path, pattern: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    _write(path, re.sub(pattern, lambda match: match[1] + new, text, count=1, flags=re.DOTALL))


def _write(path: Path, text: str) -> None:
    with whole_file(path) as unfinished:
        unfinished.write_text(text, encoding="utf-8")


def _options() -> argparse.Namespace:
    tasks = sorted(path.stem for path in (ROOT / "conf" / "task").glob("*.yaml"))
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tasks", type=lambda text: text.split(","))
    parser.add_argument("--quick", action="store_true", help="one seed of each run that takes a minute or less")
    parser.add_argument("--data-dir", type=Path, default=Path(os.environ.get("LIGHTLAB_DATA", "data")))
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args()
    if unknown := set(options.tasks or []) - set(tasks):
        parser.error(f"{', '.join(sorted(unknown))}: no such task; there are {', '.join(tasks)}")
    options.data_dir = options.data_dir.expanduser().resolve()
    return options


if __name__ == "__main__":
    main()
