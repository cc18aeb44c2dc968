"""Every task with every optimizer, at the learning rate that it has by default, for a short training.

    python -m benchmarks.matrix                                     # all, on embedded data
    python -m benchmarks.matrix --tasks surface,digits_mlp --optimizers sgd,adam --steps 50
    python -m benchmarks.matrix --data-dir data                     # on the real data where it is there

A pair passes when the loss on the same training rows falls to `factor` times its first value or below; matrix.yaml says
the factor, the steps of each task, and why a pair cannot pass. Pairs that matrix.csv holds already, with this learning
rate and number of steps, are not run again (--again does); for other data name another folder (--to). Ends with code 1
where a pair falls short without a reason.
"""

from __future__ import annotations

import argparse
import csv
import io
import math
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import yaml

from benchmarks.tables import table
from lightlab.config.composition import Groups, composed
from lightlab.errors import reported
from lightlab.files import whole_file
from lightlab.training.fit import train

HERE = Path(__file__).parent
CONF = HERE.parent / "conf"
TASKS = sorted(path.stem for path in (CONF / "task").glob("*.yaml"))
OPTIMIZERS = ["sgd", "momentum", "nesterov", "adagrad", "adadelta", "rmsprop", "adam", "adamw"]
FLAT = {"losses": {"_target_": "benchmarks.first_and_last_loss.FirstAndLastLoss"}}


@dataclass(frozen=True)
class Pair:
    """One short training."""

    task: str
    optimizer: str
    lr: float
    steps: int
    data: str  # real, embedded, generated
    first: float  # loss
    last: float
    seconds: float

    @property
    def ratio(self) -> float:
        return self.last / self.first if math.isfinite(self.last) else math.inf


@dataclass(frozen=True)
class Asked:
    """What matrix.yaml says."""

    default: dict[str, Any]
    tasks: dict[str, dict[str, Any]]
    reasons: dict[str, dict[str, str]]

    def of(self, task: str, name: str) -> Any:
        return self.tasks.get(task, {}).get(name, self.default.get(name))

    def reason(self, pair: Pair) -> str | None:
        return self.reasons.get(pair.task, {}).get(pair.optimizer)

    def passes(self, pair: Pair) -> bool:
        return pair.ratio <= self.of(pair.task, "factor")


def main() -> None:
    options = _options()
    asked = Asked(**yaml.safe_load((HERE / "matrix.yaml").read_text(encoding="utf-8")))
    done = {} if options.again else {(pair.task, pair.optimizer): pair for pair in read(options.to / "matrix.csv")}
    short = []
    for task in options.tasks:
        for optimizer in options.optimizers:
            steps = options.steps or asked.of(task, "steps")
            config = short_training(task, optimizer, steps, options.data_dir, asked.of(task, "overrides") or [])
            pair = done.get((task, optimizer))
            if pair is None or (pair.lr, pair.steps) != (config["optimizer"]["lr"], steps):
                pair = done[task, optimizer] = run(config, task, optimizer)
            print(_line(pair, asked), flush=True)
            if not asked.passes(pair) and asked.reason(pair) is None:
                short.append(f"{task} × {optimizer}")
            write(sorted(done.values(), key=_place), asked, options.to)
    print(f"\n{options.to / 'matrix.md'}")
    if short:
        print(f"error: {len(short)} fell short: {', '.join(short)}", file=sys.stderr)
        raise SystemExit(1)


def short_training(
    task: str, optimizer: str, steps: int, data_dir: Path | None, overrides: list[str]
) -> dict[str, Any]:
    """The task's config, with nothing but the losses watched."""
    where = [f"data_dir={data_dir}"] if data_dir else ["data_dir=nowhere"]
    lengths = [f"trainer.max_steps={steps}", f"trainer.max_epochs={steps}", "logger=csv", "compile=false"]
    unseen = ["trainer.limit_val_batches=0", "trainer.limit_test_batches=0"]
    config = composed([f"task={task}", f"optimizer={optimizer}", *where, *lengths, *unseen, *overrides], Groups([CONF]))
    if data_dir is None and "source" in config["data"]:
        config["data"]["source"] = "embedded"
    return config | {"callbacks": FLAT, "monitor": {"name": "loss/train", "mode": "min"}}


def run(config: dict[str, Any], task: str, optimizer: str) -> Pair:
    """Trains, whatever becomes of the loss."""
    started = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder, redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
        results = train(config, Path(folder))
    rate, steps = config["optimizer"]["lr"], config["trainer"]["max_steps"]
    seconds = round(time.perf_counter() - started, 1)
    first, last = (float(f"{results[f'loss/{name}']:.6g}") for name in ("first", "last"))
    return Pair(task, optimizer, rate, steps, results["data"], first, last, seconds)


def read(path: Path) -> Iterator[Pair]:
    """The pairs that a matrix.csv holds; none where there is no such file."""
    if path.is_file():
        with path.open(newline="", encoding="utf-8") as file:
            for row in csv.DictReader(file):
                numbers = {name: float(row[name]) for name in ("lr", "first", "last", "seconds")}
                yield Pair(row["task"], row["optimizer"], steps=int(row["steps"]), data=row["data"], **numbers)


def write(pairs: list[Pair], asked: Asked, to: Path) -> None:
    """matrix.csv, a row a pair, and matrix.md, a row a task."""
    with whole_file(to / "matrix.csv") as unfinished, unfinished.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, [field.name for field in fields(Pair)], lineterminator="\n")
        writer.writeheader()
        writer.writerows(asdict(pair) for pair in pairs)
    with whole_file(to / "matrix.md") as unfinished:
        unfinished.write_text(page(pairs, asked), encoding="utf-8")


def page(pairs: list[Pair], asked: Asked) -> str:
    """The table and, below it, why some pairs cannot pass."""
    by_place = {(pair.task, pair.optimizer): pair for pair in pairs}
    rows: list[list[str]] = []
    remarks: dict[tuple[str, str], list[str]] = {}  # the optimizers of each task and reason
    for task in dict.fromkeys(pair.task for pair in pairs):
        cells = []
        for optimizer in OPTIMIZERS:
            pair = by_place.get((task, optimizer))
            reason = pair and not asked.passes(pair) and asked.reason(pair)
            if reason:
                remarks.setdefault((task, reason), []).append(f"`{optimizer}`")
            cells.append(_cell(pair, asked) + (f" ({list(remarks).index((task, reason)) + 1})" if reason else ""))
        some = next(pair for pair in pairs if pair.task == task)
        rows.append([f"`{task}`", some.data, f"{some.steps}", f"{asked.of(task, 'factor')}", *cells])
    why = [
        f"{n}. `{task}` × {', '.join(names)}: {reason}" for n, ((task, reason), names) in enumerate(remarks.items(), 1)
    ]
    passed = f"{sum(map(asked.passes, pairs))} of {len(pairs)} pass"
    lines = [
        "# Every task with every optimizer",
        "",
        "`make matrix` (`python -m benchmarks.matrix`): each task for a few steps with each optimizer, at the",
        "learning rate that the task lists for it. A cell is the loss on the same training rows after the last step",
        f"divided by that before the first; it passes at `factor` or below. {passed}."
        + (" Why the others cannot:" if remarks else ""),
        "",
        *([*why, ""] if why else []),
        table(["task", "data", "steps", "factor", *OPTIMIZERS], rows),
        "",
    ]
    return "\n".join(lines)


def _cell(pair: Pair | None, asked: Asked) -> str:
    if pair is None:
        return "–"
    text = "diverged" if math.isinf(pair.ratio) else f"{pair.ratio:.2g}"
    return text if asked.passes(pair) else f"**{text}**"


def _line(pair: Pair, asked: Asked) -> str:
    verdict = "" if asked.passes(pair) else f"   falls short: {asked.reason(pair) or 'no reason is known'}"
    return (
        f"{pair.task:22}{pair.optimizer:10}lr {pair.lr:<8g}{pair.first:10.4g} → {pair.last:<10.4g}"
        f"{pair.ratio:6.3f}{pair.seconds:7.1f} s{verdict}"
    )


def _place(pair: Pair) -> tuple[int, int]:
    return TASKS.index(pair.task), OPTIMIZERS.index(pair.optimizer)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tasks", type=_names(TASKS), default=TASKS)
    parser.add_argument("--optimizers", type=_names(OPTIMIZERS), default=OPTIMIZERS)
    parser.add_argument("--steps", type=int, help="of every pair; without it, what matrix.yaml says")
    parser.add_argument("--data-dir", type=Path, help="of the real data; without it, embedded data")
    parser.add_argument("--to", type=Path, default=HERE, help="folder of matrix.csv and matrix.md")
    parser.add_argument("--again", action="store_true", help="also the pairs that matrix.csv holds")
    return parser.parse_args()


def _names(known: list[str]) -> Any:
    def names(text: str) -> list[str]:
        if unknown := [each for each in text.split(",") if each not in known]:
            raise argparse.ArgumentTypeError(f"{', '.join(unknown)}: no such choice; there are {', '.join(known)}")
        return text.split(",")

    return names


if __name__ == "__main__":
    with reported():
        main()
