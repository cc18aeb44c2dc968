"""Trains in this process with each default callback left out: python -m benchmarks.callback_costs ROUNDS task=…

Lightning's profiler shows the time of each part of a step: `python train.py debug=profiler`.
"""

import copy
import sys
from statistics import median
from typing import Any

from benchmarks.measuring import compose, table
from benchmarks.training import measured_by, train_quietly

NEEDED = {"epoch_end", "metrics_csv", "benchmark"}  # required by every run


def main() -> None:
    rounds, overrides = int(sys.argv[1]), sys.argv[2:]
    config = compose(overrides)
    config["callbacks"]["benchmark"] = measured_by("PhaseTimes")
    removable = set(config["callbacks"]) - NEEDED
    variants = {"nothing": config, "the logger": config | {"logger": {}}}
    variants["all of them"] = _without(config | {"logger": {}}, removable)
    variants |= {name: _without(config, {name}) for name in config["callbacks"] if name in removable}
    runs = [{name: train_quietly(copy.deepcopy(variant)) for name, variant in variants.items()} for _ in range(rounds)]
    measured = {
        name: [median(run[name][f"microseconds/{phase}"] for run in runs) for phase in ("step", "epoch_end")]
        for name in variants
    }
    base_step, base_epoch = measured["nothing"]
    rows = [
        [name, f"{step:.0f}", f"{step - base_step:+.0f}", f"{epoch:.0f}", f"{epoch - base_epoch:+.0f}"]
        for name, (step, epoch) in measured.items()
    ]
    print(table(["left out", "µs a step", "difference", "µs an epoch's end", "difference"], rows))


def _without(config: dict[str, Any], names: set[str]) -> dict[str, Any]:
    return config | {"callbacks": {name: each for name, each in config["callbacks"].items() if name not in names}}


if __name__ == "__main__":
    main()
