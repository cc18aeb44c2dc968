"""python -m benchmarks [NAME ...]: runs them all, or those named, and prints a table each."""

from __future__ import annotations

import argparse
import os
from importlib import import_module
from pathlib import Path

from benchmarks.options import Options

NAMES = (
    *(
        "start_up",
        "linear_regression",
        "step",
        "by_hand",
        "lenet_epoch",
        "lenet_command",
        "sweep",
        "house_prices",
        "photos",
        "poetry_rnn",
    ),
)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Side-by-side timings; see README.md.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(NAMES))
    default = os.environ.get("LIGHTLAB_DATA", "data")
    parser.add_argument("--data-dir", type=Path, default=Path(default), help="the folder above fashion_mnist")
    parser.add_argument("--rounds", type=int, help="how often each contender runs")
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1, help="of every contender")
    parser.add_argument("--quick", action="store_true", help="few epochs, one round: do they run at all?")
    given = parser.parse_args()
    if unknown := set(given.names) - set(NAMES):
        parser.error(f"{', '.join(sorted(unknown))}: no such benchmark; there are {', '.join(NAMES)}")
    options = Options(given.data_dir.expanduser().resolve(), given.rounds, given.threads, given.quick)
    for name in given.names or NAMES:
        benchmark = import_module(f"benchmarks.{name}")
        print(f"\n## {name}\n\n{benchmark.__doc__}\n\n{benchmark.measure(options)}", flush=True)


if __name__ == "__main__":
    main()
