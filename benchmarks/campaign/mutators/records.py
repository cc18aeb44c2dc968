"""The records of runs, sweeps and studies: each file in any state, and resume=, sweep_resume= or report over it."""

import contextlib
import random
import shutil
import sqlite3
from pathlib import Path

from benchmarks.campaign.mutators import Mutator
from benchmarks.campaign.mutators.damage import TREES, damage_file, damage_json, damage_yaml
from benchmarks.campaign.outcomes import Case


def _damage(rng: random.Random, path: Path) -> str:
    with contextlib.suppress(OSError, ValueError):
        if path.suffix == ".yaml":
            return damage_yaml(rng, path)
        if path.suffix == ".json":
            return damage_json(rng, path)
        if path.suffix == ".csv" and rng.random() < 0.6:
            return _damage_metrics(rng, path)
    return damage_file(rng, path)


def _damage_metrics(rng: random.Random, path: Path) -> str:
    rows = [line.split(",") for line in path.read_text(encoding="utf-8").splitlines()]
    row, column = rng.randrange(len(rows)), rng.randrange(len(rows[0]))
    rows[row][column % len(rows[row])] = rng.choice(
        ["", "nan", "inf", "1e999", "x", "9" * 400, "=1", '"', "\0", "-1", "999"]
    )
    if rng.random() < 0.3:
        rows.insert(rng.randrange(len(rows)), rows[rng.randrange(len(rows))])
    path.write_text("\n".join(map(",".join, rows)) + "\n", encoding="utf-8")
    return f"{path}: a cell"


def _files(folder: Path) -> list[Path]:
    return sorted(
        path for path in folder.rglob("*") if path.is_file() and path.suffix in (".yaml", ".json", ".csv", ".txt")
    )


def _run(rng: random.Random, work: Path, base: str) -> Case:
    path = rng.choice(_files(work / "run"))
    what = _damage(rng, path)
    if rng.random() < 0.1:
        shutil.rmtree(work / "run" / rng.choice([".hydra", "checkpoints"]))
    epochs = 40 if base == "surface" else 4
    commands = [
        ["train.py", "resume=run", f"trainer.max_epochs={epochs}"],
        ["train.py", "resume=run", f"trainer.max_epochs={epochs}"],
        ["train.py", "resume=run"],
        ["lightlab", "report", "run"],
        ["lightlab", "report", "."],
        ["predict.py", "run=run", "input=[[1.0]]", "output=out.csv"],
    ]
    return Case(rng.choice(commands), what)


def _sweep(rng: random.Random, work: Path, base: str) -> Case:
    path = rng.choice([work / "sweep" / "multirun.yaml", *_files(work / "sweep")])
    unfinished = work / "sweep" / rng.choice("01")
    if rng.random() < 0.7:
        (unfinished / "metrics.json").unlink()
    what = _damage(rng, path) if path.exists() else "unfinished"
    commands = [["train.py", "sweep_resume=sweep"], ["train.py", "sweep_resume=sweep"], ["lightlab", "report", "sweep"]]
    return Case(rng.choice(commands), what)


def _study(rng: random.Random, work: Path, base: str) -> Case:
    path = work / "sweep" / "study.db"
    what = damage_file(rng, path) if rng.random() < 0.25 else _edit_rows(rng, path)
    return Case(["train.py", "sweep_resume=sweep", "hydra.sweeper.n_trials=3"], what)


def _edit_rows(rng: random.Random, path: Path) -> str:
    """Changes, deletes or adds a row of any table of a study."""
    with contextlib.closing(sqlite3.connect(path)) as database, database:
        names = [name for (name,) in database.execute("select name from sqlite_master where type='table'")]
        filled = [name for name in names if database.execute(f"select count(*) from {name}").fetchone()[0]]
        name = rng.choice(filled)
        columns = [row[1] for row in database.execute(f"pragma table_info({name})")]
        column = rng.choice(columns)
        match rng.randrange(4):
            case 0:
                database.execute(f"delete from {name}")
            case 1:
                database.execute(f"drop table {name}")
            case _:
                new = rng.choice(
                    [
                        each
                        for each in TREES
                        if isinstance(each, (str, int, float, bytes)) and abs(_number(each)) < 2**63
                    ]
                )
                new = rng.choice([new, '"../victim"', "RUNNING", "WAITING", '{"place": "../victim"}', "[1", "nan"])
                with contextlib.suppress(sqlite3.Error, OverflowError):
                    database.execute(f"update {name} set {column} = ?", (new,))
                return f"{name}.{column} = {str(new)[:50]!r}"
    return f"{name}: rows"


def _number(value: object) -> float:
    return float(value) if isinstance(value, (int, float)) and value == value and value < 10**300 else 0


KINDS = {
    "run folders": Mutator(("line", "table", "surface"), _run),
    "sweeps": Mutator(("sweep",), _sweep),
    "studies": Mutator(("search",), _study),
}
