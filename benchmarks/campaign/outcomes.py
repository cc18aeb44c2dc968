"""What became of a case, judged by its exit code, its output and its files."""

import csv
import json
import math
import re
import shutil
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.campaign.server import Finished
from lightlab.runs.summary import text_table

GOOD = ("accepted", "refused")
BAD = (
    "last resort", "not one line", "traceback", "hang", "killed", "silently wrong", "left behind", "outside",
    "campaign",
)  # fmt: skip
_ALLOWED = re.compile(r"(!|note:|predicting:|loading|reading|\s*$)")  # lines of stderr beside the error
_NO_NUMBERS = ("correlation", "r2", "spearman")  # undefined where all predictions, or all targets, are equal


@dataclass(frozen=True)
class Case:
    """A command on a damaged input, and what is known of it.

    Attributes:
        command: as in `server.Job`.
        what: the damage, in words.
        rows: the predictions that ``out.csv`` must hold if it is accepted.
        equal: a file of predictions that ``out.csv`` must equal if it is accepted.
        scores: a metrics.json that the new run must equal if it is accepted.
        must_refuse: accepting it is wrong by itself.
        places: files are named by the user, so that they may lie anywhere.
    """

    command: list[str]
    what: str = ""
    rows: int | None = None
    equal: str | None = None
    scores: str | None = None
    must_refuse: bool = False
    places: bool = False
    environment: dict[str, str] = field(default_factory=dict)

    def save(self, path: Path) -> None:
        path.write_text(json.dumps(vars(self), ensure_ascii=True), encoding="utf-8")

    @classmethod
    def load(cls, path: Path) -> "Case":
        return cls(**json.loads(path.read_text(encoding="utf-8")))


@dataclass(frozen=True)
class Verdict:
    kind: str
    seed: int
    outcome: str
    detail: str
    what: str = ""
    command: tuple[str, ...] = ()
    seconds: float = 0.0


def judge(case: Case, finished: Finished, work: Path) -> tuple[str, str]:
    """Returns the outcome, one of `GOOD` and `BAD`, and its reason."""
    ended = how_it_ended(finished)
    if ended is not None:
        return ended
    if finished.orphans:
        return "left behind", "a process"
    if parts := [str(path.relative_to(work)) for path in work.rglob("*.part")]:
        return "left behind", ", ".join(parts)
    if finished.events and not case.places:
        return "outside", finished.events[0]
    if finished.code == 0:
        wrong = next(_faults(case, work), None)
        return ("silently wrong", wrong) if wrong else ("accepted", "")
    return "refused", _errors(finished.stderr)[0]


def how_it_ended(finished: Finished) -> tuple[str, str] | None:
    """Returns the outcome where the command did not end as it should."""
    errors, last = _errors(finished.stderr), (finished.stderr.strip().splitlines() or [""])[-1]
    if finished.hung:
        return "hang", f"after {finished.processor:.0f} s of processor time, {finished.seconds:.0f} s in all"
    if finished.code == 70:
        return "campaign", last
    if finished.code < 0:
        return "killed", f"signal {-finished.code}"
    if "Traceback (most recent call last)" in finished.stderr + finished.stdout:
        raised = [
            line for line in finished.stderr.splitlines() if re.match(r"[\w.]+(Error|Exception|Warning|Exit)\b", line)
        ]
        return "traceback", (raised or [last])[-1][:300]
    if any(re.match(r"error: (unexpected|internal)", line) for line in errors):
        return "last resort", errors[0]
    if finished.code == 0:
        return ("not one line", errors[0]) if errors else None
    others = [
        line for line in finished.stderr.splitlines() if not line.startswith("error: ") and not _ALLOWED.match(line)
    ]
    if len(errors) != 1 or others or len(errors[0]) > 1010 or finished.code not in (1, 2):
        return "not one line", f"code {finished.code}: " + " / ".join((errors or []) + others[:3])[:300]
    if control := re.search(r"[\x00-\x08\x0b-\x1f\x7f]", errors[0]):
        return "not one line", f"holds the control character {control[0]!r}"
    return None


def _errors(stderr: str) -> list[str]:
    return [line for line in stderr.splitlines() if line.startswith("error: ")]


def _faults(case: Case, work: Path) -> Iterator[str]:
    """Yields what is wrong in the files of an accepted case."""
    if case.must_refuse:
        yield "accepted, though it must be refused"
    output = work / "out.csv"
    if output.is_file():
        rows = table(output)
        if case.rows is not None and len(rows) != case.rows:
            yield f"{len(rows)} predictions of {case.rows} rows"
        for row in rows:  # but for the name, or the number, of the row
            yield from (f"{key} is {value!r}" for key, value in list(row.items())[1:] if not _is_answer(value))
        if case.equal and not _equal(rows, table(work / case.equal)):
            yield f"predictions differ from those of {case.equal}"
    elif case.rows is not None or case.equal:
        yield "no predictions were written"
    damaged = _modified(work.parent / "case.json")
    for path in (path for path in work.rglob("metrics.json") if _modified(path) > damaged):  # what the command wrote
        scores = _json(path)
        for name, value in scores.items():
            if isinstance(value, float) and not math.isfinite(value) and not name.startswith(_NO_NUMBERS):
                yield f"{name} is {value}"
    if case.scores:
        yield from _changed(_json(work / case.scores), _json(work / "new" / "metrics.json"))


def _modified(path: Path) -> int:
    return path.stat().st_mtime_ns if path.exists() else 0


def _changed(before: dict[str, Any], after: dict[str, Any]) -> Iterator[str]:
    for name, value in before.items():
        if isinstance(value, float) and "/" in name and not _close(value, after.get(name, math.nan)):
            yield f"{name} is {after.get(name)}, was {value}"


def _is_answer(value: str | None) -> bool:
    """Whether a cell of the predictions holds something; a number must be finite."""
    with suppress(ValueError, TypeError):
        return math.isfinite(float(str(value)))
    return bool(value)


def _equal(first: list[dict[str, str]], second: list[dict[str, str]]) -> bool:
    return len(first) == len(second) and all(
        left.keys() == right.keys() and all(left[key] == right[key] or _close(left[key], right[key]) for key in left)
        for left, right in zip(first, second, strict=True)
    )


def _close(first: Any, second: Any) -> bool:
    with suppress(ValueError, TypeError):
        return math.isclose(float(first), float(second), rel_tol=1e-5, abs_tol=1e-6)
    return False


def table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def _json(path: Path) -> dict[str, Any]:
    try:
        contents = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return contents if isinstance(contents, dict) else {}


def keep(case: Path, folder: Path) -> None:
    """Copies the folder of a case; pipes, devices and large files, which its seed makes again, are left out."""

    def special(where: str, names: list[str]) -> list[str]:
        paths = [Path(where, name) for name in names]
        regular = [
            path.is_symlink() or path.is_dir() or (path.is_file() and path.stat().st_size < 1 << 26) for path in paths
        ]
        return [name for name, fits in zip(names, regular, strict=True) if not fits]

    shutil.copytree(case, folder / case.name, symlinks=True, ignore=special, dirs_exist_ok=True)


def summary(verdicts: list[Verdict]) -> str:
    """Returns the table of kinds by outcomes; empty columns are left out."""
    counts = Counter((verdict.kind, verdict.outcome) for verdict in verdicts)
    kinds = sorted({verdict.kind for verdict in verdicts})
    outcomes = [each for each in (*GOOD, *BAD) if each in GOOD or any(counts[kind, each] for kind in kinds)]
    rows = [["", *outcomes, "all"]]
    for kind in kinds:
        numbers = [counts[kind, outcome] for outcome in outcomes]
        rows.append([kind, *map(str, numbers), str(sum(numbers))])
    totals = [sum(counts[kind, outcome] for kind in kinds) for outcome in outcomes]
    rows.append(["all", *map(str, totals), str(sum(totals))])
    return text_table(rows, range(1, len(rows[0])))
