"""python -m benchmarks [NAME ...]: lists the timings, or runs those named and prints a table each."""

import argparse
import os
from importlib import import_module
from pathlib import Path

from benchmarks.measuring import Options

FUNCTIONS = {  # in this order by `all`
    "start_up": "whole_commands.start_up",
    "linear_regression": "linear_regression.measure",
    "step": "training_times.step",
    "by_hand": "training_times.by_hand",
    "lenet_epoch": "training_times.lenet_epoch",
    "lenet_command": "whole_commands.lenet_command",
    "sweep": "whole_commands.sweep",
    "house_prices": "whole_commands.house_prices",
    "photos": "training_times.photos",
    "poetry_rnn": "poetry_rnn.measure",
}


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description="Side-by-side timings; see benchmarks/README.md."
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"all, or {', '.join(FUNCTIONS)}; without: their list")
    default = os.environ.get("LIGHTLAB_DATA", "data")
    parser.add_argument("--data-dir", type=Path, default=Path(default), help="the folder above fashion_mnist")
    parser.add_argument("--rounds", type=int, help="how often each contender runs")
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1, help="of every contender")
    parser.add_argument("--quick", action="store_true", help="few epochs, one round: do they run at all?")
    arguments = parser.parse_args()
    if unknown := set(arguments.names) - {*FUNCTIONS, "all"}:
        parser.error(f"{', '.join(sorted(unknown))}: no such timing; there are all, {', '.join(FUNCTIONS)}")
    options = Options(arguments.data_dir.expanduser().resolve(), arguments.rounds, arguments.threads, arguments.quick)
    names = FUNCTIONS if "all" in arguments.names else arguments.names
    for name in names or FUNCTIONS:
        module, _, function = FUNCTIONS[name].partition(".")
        timing = getattr(import_module(f"benchmarks.{module}"), function)
        if not names:
            print(f"{name:20}{timing.__doc__.splitlines()[0]}")
        else:
            print(f"\n## {name}\n\n{timing.__doc__}\n\n{timing(options)}", flush=True)


if __name__ == "__main__":
    main()
