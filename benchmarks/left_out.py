"""Trains in this process with each default callback left out: python -m benchmarks.left_out ROUNDS task=…"""

from __future__ import annotations

import copy
import sys
from collections import defaultdict
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks import timed_parts
from benchmarks.tables import table
from benchmarks.timed_epochs import config_with

NEEDED = {"epoch_end", "metrics_csv", "benchmark"}  # a run does not end well without them


def main() -> None:
    rounds, overrides = int(sys.argv[1]), sys.argv[2:]
    config = config_with("benchmarks.left_out.Phases", overrides)
    variants = {"nothing": config, "the logger": config | {"logger": {}}}
    variants["all that can be"] = _without(config | {"logger": {}}, set(config["callbacks"]) - NEEDED)
    variants |= {name: _without(config, {name}) for name in config["callbacks"] if name not in NEEDED}
    measured = _alternate(variants, rounds)
    base = measured["nothing"]
    rows = [
        [name, f"{step:.0f}", f"{step - base[0]:+.0f}", f"{epoch:.0f}", f"{epoch - base[1]:+.0f}"]
        for name, (step, epoch) in measured.items()
    ]
    print(table(["left out", "µs a step", "difference", "µs an epoch's end", "difference"], rows))


class Phases(timed_parts.Stopwatches):
    """Only the two phases, no stopwatch on the parts."""

    def _watch(self, *_: Any) -> None:
        pass


def _without(config: dict[str, Any], names: set[str]) -> dict[str, Any]:
    return config | {"callbacks": {name: each for name, each in config["callbacks"].items() if name not in names}}


def _alternate(variants: dict[str, dict[str, Any]], rounds: int) -> dict[str, tuple[float, float]]:
    """Microseconds a step and an epoch's end, medians over rounds."""
    measured: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for _ in range(rounds):
        for name, config in variants.items():
            measured[name].append(_train(config))
    return {
        name: (median(each[0] for each in values), median(each[1] for each in values))
        for name, values in measured.items()
    }


def _train(config: dict[str, Any]) -> tuple[float, float]:
    from lightlab.training.fit import train

    timed_parts.OWN.clear()
    timed_parts.COUNT.clear()
    with TemporaryDirectory() as folder, redirect_stdout(StringIO()):
        train(copy.deepcopy(config), Path(folder))
    step, epoch = (1e6 * timed_parts.OWN[phase, "all"] / timed_parts.COUNT[phase] for phase in ("step", "epoch"))
    return step, epoch


if __name__ == "__main__":
    main()
