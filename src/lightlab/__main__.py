"""python -m lightlab board|export|figures|report: the commands beside train.py and predict.py."""

import sys

from lightlab.cli.startup import start
from lightlab.errors import UsageError, did_you_mean, reported, shortened

COMMANDS = {
    "board": "TensorBoard on all runs and sweeps, by readable names",
    "export": "writes a trained model as ONNX, a torch program, safetensors or text",
    "figures": "draws the figures that explain",
    "report": "compares runs on one page",
}
HELP = "\n".join(
    ["usage: python -m lightlab COMMAND ...", "", *(f"  {name:10}{meaning}" for name, meaning in COMMANDS.items())]
)


def main() -> None:
    name = sys.argv[1] if len(sys.argv) > 1 else "--help"
    if name in COMMANDS:
        del sys.argv[1]
        start(name)
        return
    with reported():
        if name not in ("--help", "-h"):
            raise UsageError(
                f"{shortened(name)}: no such command; {did_you_mean(name, COMMANDS)}commands: {', '.join(COMMANDS)}"
            )
        print(HELP)


if __name__ == "__main__":
    main()
