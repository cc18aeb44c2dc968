"""What scores.yaml says, and where else it stands: in the headers of the tasks and in the READMEs' tables."""

from __future__ import annotations

import math
import re
import shlex
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

import yaml

from lightlab.files import whole_file

ROOT = Path(__file__).resolve().parent.parent
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
    """One command and what it reaches; scores.yaml says what each key is."""

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
        """The mean, a share where the score is a percentage."""
        number = float(self.score.split()[0])
        return number / 100 if self.score.endswith("%") else number

    def measured(self, results: list[dict[str, Any]]) -> str:
        """The score of these runs, to as many digits as it has now; without a spread of its own it keeps its text."""
        values = [float(each[self.metric]) for each in results]
        repeats = results[0].get(f"{self.metric}/repeat_std")
        if "±" not in self.score or (len(values) < 2 and repeats is None):
            return self.score
        percent = 100 if self.score.endswith("%") else 1
        digits = len(self.score.split()[0].partition(".")[2])
        mean, spread = percent * fmean(values), percent * (stdev(values) if repeats is None else repeats)
        return f"{mean:.{digits}f} ± {spread:.{digits}f}{' %' if percent == 100 else ''}"

    def row(self, language: str) -> str:
        """Of the README's table."""
        seconds, minutes = _UNITS[language]
        time = f"{self.seconds:g} {seconds}" if self.seconds < 100 else f"{math.ceil(self.seconds / 60)} {minutes}"
        score = f"**{self.score}**" if self.bold else self.score
        unit = f"{self.unit[language]} " if self.unit else ""
        return f"| `{self.run.removeprefix('task=')}` | {unit}{score} | {time} | {getattr(self, language)} |\n"


def read(root: Path = ROOT) -> tuple[list[Score], dict[str, str]]:
    """The scores, and the tasks that have none with the reason."""
    content = yaml.safe_load((root / FILE).read_text(encoding="utf-8"))
    scores = [Score(**each | {"band": tuple(each["band"])}) for each in content["scores"]]
    return scores, content["unmeasured"]


def record(measured: dict[str, str], root: Path = ROOT) -> list[str]:
    """Puts newly measured scores, by their runs, wherever the old ones stand; writes the READMEs' tables.

    Returns:
        A line for each score that is another now.
    """
    changes = []
    for score in read(root)[0]:
        new = measured.get(score.run, score.score)
        if new != score.score:
            _replace(root / FILE, rf"(run: {re.escape(score.run)}\n.*?score: ){re.escape(score.score)}", new)
            _replace(root / header(score), rf"({re.escape(score.run)}\b.*?){re.escape(score.score)}", new)
            changes.append(f"{score.run}: {score.score} is now {new}")
    for language, name in READMES.items():
        text = (root / name).read_text(encoding="utf-8")
        before, _, rest = text.partition(BEGIN)
        after = rest.partition(END)[2]
        _write(root / name, before + BEGIN + table(read(root)[0], language) + END + after)
    return changes


def table(scores: list[Score], language: str) -> str:
    """Of the scores that have a remark in that language, as the README shows them."""
    return _HEAD[language] + "".join(score.row(language) for score in scores if getattr(score, language))


def header(score: Score) -> Path:
    return Path("conf") / "task" / f"{score.task}.yaml"


def _replace(path: Path, pattern: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    _write(path, re.sub(pattern, lambda match: match[1] + new, text, count=1, flags=re.DOTALL))


def _write(path: Path, text: str) -> None:
    with whole_file(path) as unfinished:
        unfinished.write_text(text, encoding="utf-8")
