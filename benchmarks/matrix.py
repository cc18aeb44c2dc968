"""Short trainings of every task with every optimizer, at the learning rate that the task lists for it.

    python -m benchmarks.matrix                                     # all, on embedded data
    python -m benchmarks.matrix --tasks surface,digits_mlp --optimizers sgd,adam --steps 50
    python -m benchmarks.matrix --data-dir data                     # on the real data where it is there

A pair passes if the loss on the same training rows falls to `factor` times its first value or below; matrix.yaml has
the factor, the steps of each task, and the reason if a pair cannot pass. Pairs that matrix.csv already holds with
this learning rate and number of steps are not run again (--again runs them); results on other data need a folder of
their own (--to). Ends with code 1 if a pair fails without a reason.
"""

import argparse
import csv
import math
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import yaml

from benchmarks.learning_rates import OPTIMIZERS
from benchmarks.measuring import ROOT, compose, table
from benchmarks.training import measured_by, train_quietly
from lightlab.errors import reported
from lightlab.files import whole_file

HERE = ROOT / "benchmarks"
TASKS = sorted(path.stem for path in (ROOT / "conf" / "task").glob("*.yaml"))


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
class Requirements:
    """The contents of matrix.yaml."""

    default: dict[str, Any]
    tasks: dict[str, dict[str, Any]]
    reasons: dict[str, dict[str, str]]

    def get(self, task: str, name: str) -> Any:
        """Returns the task's own value, else the default."""
        return self.tasks.get(task, {}).get(name, self.default.get(name))

    def reason(self, pair: Pair) -> str | None:
        return self.reasons.get(pair.task, {}).get(pair.optimizer)

    def passes(self, pair: Pair) -> bool:
        return pair.ratio <= self.get(pair.task, "factor")


def main() -> None:
    options = _options()
    required = Requirements(**yaml.safe_load((HERE / "matrix.yaml").read_text(encoding="utf-8")))
    done = {} if options.again else {(pair.task, pair.optimizer): pair for pair in read(options.to / "matrix.csv")}
    failed = []
    for task in options.tasks:
        for optimizer in options.optimizers:
            steps = options.steps or required.get(task, "steps")
            config = short_training(task, optimizer, steps, options.data_dir, required.get(task, "overrides") or [])
            pair = done.get((task, optimizer))
            if pair is None or (pair.lr, pair.steps) != (config["optimizer"]["lr"], steps):
                pair = done[task, optimizer] = run(config, task, optimizer)
            print(_line(pair, required), flush=True)
            if not required.passes(pair) and required.reason(pair) is None:
                failed.append(f"{task} × {optimizer}")
            write(sorted(done.values(), key=_place), required, options.to)
    print(f"\n{options.to / 'matrix.md'}")
    if failed:
        print(f"error: {len(failed)} failed: {', '.join(failed)}", file=sys.stderr)
        raise SystemExit(1)


def short_training(
    task: str, optimizer: str, steps: int, data_dir: Path | None, overrides: list[str]
) -> dict[str, Any]:
    """Returns the task's config with a callback that measures the losses and no other."""
    where = [f"data_dir={data_dir}"] if data_dir else ["data_dir=nowhere"]
    lengths = [f"trainer.max_steps={steps}", f"trainer.max_epochs={steps}", "logger=csv", "compile=false"]
    unseen = ["trainer.limit_val_batches=0", "trainer.limit_test_batches=0"]
    config = compose([f"task={task}", f"optimizer={optimizer}", *where, *lengths, *unseen, *overrides])
    if data_dir is None and "source" in config["data"]:
        config["data"]["source"] = "embedded"
    return config | {
        "callbacks": {"losses": measured_by("FirstAndLastLoss")},
        "monitor": {"name": "loss/train", "mode": "min"},
    }


def run(config: dict[str, Any], task: str, optimizer: str) -> Pair:
    """Trains to the end, even where the loss becomes infinite or NaN."""
    started = time.perf_counter()
    results = train_quietly(config)
    rate, steps = config["optimizer"]["lr"], config["trainer"]["max_steps"]
    seconds = round(time.perf_counter() - started, 1)
    first, last = (float(f"{results[f'loss/{name}']:.6g}") for name in ("first", "last"))
    return Pair(task, optimizer, rate, steps, results["data"], first, last, seconds)


def read(path: Path) -> Iterator[Pair]:
    """Yields the pairs in a matrix.csv; none where there is no such file."""
    if path.is_file():
        with path.open(newline="", encoding="utf-8") as file:
            for row in csv.DictReader(file):
                numbers = {name: float(row[name]) for name in ("lr", "first", "last", "seconds")}
                yield Pair(row["task"], row["optimizer"], steps=int(row["steps"]), data=row["data"], **numbers)


def write(pairs: list[Pair], required: Requirements, to: Path) -> None:
    """Writes matrix.csv, a row a pair, and matrix.md, a row a task."""
    with whole_file(to / "matrix.csv") as unfinished, unfinished.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, [field.name for field in fields(Pair)], lineterminator="\n")
        writer.writeheader()
        writer.writerows(asdict(pair) for pair in pairs)
    with whole_file(to / "matrix.md") as unfinished:
        unfinished.write_text(page(pairs, required), encoding="utf-8")


def page(pairs: list[Pair], required: Requirements) -> str:
    """Returns matrix.md: why some pairs cannot pass, and the table."""
    by_place = {(pair.task, pair.optimizer): pair for pair in pairs}
    rows: list[list[str]] = []
    notes: dict[tuple[str, str], list[str]] = {}  # the optimizers of each task and reason
    for task in dict.fromkeys(pair.task for pair in pairs):
        cells = []
        for optimizer in OPTIMIZERS:
            pair = by_place.get((task, optimizer))
            reason = pair and not required.passes(pair) and required.reason(pair)
            if reason:
                notes.setdefault((task, reason), []).append(f"`{optimizer}`")
            cells.append(_cell(pair, required) + (f" ({list(notes).index((task, reason)) + 1})" if reason else ""))
        some = next(pair for pair in pairs if pair.task == task)
        rows.append([f"`{task}`", some.data, f"{some.steps}", f"{required.get(task, 'factor')}", *cells])
    why = [
        f"{n}. `{task}` × {', '.join(names)}: {reason}" for n, ((task, reason), names) in enumerate(notes.items(), 1)
    ]
    passed = f"{sum(map(required.passes, pairs))} of {len(pairs)} pass"
    lines = [
        "# Every task with every optimizer",
        "",
        "`make matrix` (`python -m benchmarks.matrix`) trains each task for a few steps with each optimizer, at the",
        "learning rate that the task lists for it. A cell is the loss on the same training rows after the last step",
        f"divided by that before the first; it passes at `factor` or below. {passed}."
        + (" Why the others cannot:" if notes else ""),
        "",
        *([*why, ""] if why else []),
        table(["task", "data", "steps", "factor", *OPTIMIZERS], rows),
        "",
    ]
    return "\n".join(lines)


def _cell(pair: Pair | None, required: Requirements) -> str:
    if pair is None:
        return "–"
    text = "diverged" if math.isinf(pair.ratio) else f"{pair.ratio:.2g}"
    return text if required.passes(pair) else f"**{text}**"


def _line(pair: Pair, required: Requirements) -> str:
    verdict = "" if required.passes(pair) else f"   fails: {required.reason(pair) or 'no reason is known'}"
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
    parser.add_argument("--steps", type=int, help="of every pair; default: matrix.yaml")
    parser.add_argument("--data-dir", type=Path, help="of the real data; default: embedded data")
    parser.add_argument("--to", type=Path, default=HERE, help="folder of matrix.csv and matrix.md")
    parser.add_argument("--again", action="store_true", help="run also the pairs in matrix.csv")
    return parser.parse_args()


def _names(known: list[str]) -> Callable[[str], list[str]]:
    def names(text: str) -> list[str]:
        if unknown := [name for name in text.split(",") if name not in known]:
            raise argparse.ArgumentTypeError(f"{', '.join(unknown)}: no such choice; there are {', '.join(known)}")
        return text.split(",")

    return names


if __name__ == "__main__":
    with reported():
        main()
