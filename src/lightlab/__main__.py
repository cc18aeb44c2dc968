"""python -m lightlab board|figures|report: the commands beside train.py and predict.py."""

import sys
from importlib import import_module

from lightlab.errors import UsageError, did_you_mean, reported

COMMANDS = {
    "board": ("lightlab.cli.board", "TensorBoard on all runs and sweeps, by readable names"),
    "figures": ("lightlab.cli.figures", "draws the figures that explain"),
    "report": ("lightlab.cli.report", "compares runs on one page"),
}
HELP = "\n".join(
    ["usage: python -m lightlab COMMAND ...", "", *(f"  {name:10}{text}" for name, (_, text) in COMMANDS.items())]
)


def main() -> None:
    name = sys.argv[1] if len(sys.argv) > 1 else "--help"
    with reported():
        if name in ("--help", "-h"):
            print(HELP)
            return
        if name not in COMMANDS:
            raise UsageError(f"{name}: no such command; {did_you_mean(name, COMMANDS)}commands: {', '.join(COMMANDS)}")
    del sys.argv[1]
    import_module(COMMANDS[name][0]).main()


if __name__ == "__main__":
    main()
