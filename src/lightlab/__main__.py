"""The command lightlab, also python -m lightlab: what train.py and predict.py do, and the commands beside them."""

import os
import sys
from importlib.metadata import PackageNotFoundError, version

from lightlab.cli.startup import start
from lightlab.errors import UsageError, did_you_mean, reported, shortened

# Each is a module of `lightlab.cli` with a function `main`, which reads sys.argv[1:].
COMMANDS = {
    "train": "trains one experiment, or a sweep of them",
    "predict": "predicts with a trained run",
    "export": "writes a trained model as ONNX, a torch program, safetensors or text",
    "report": "compares runs on one page",
    "figures": "draws the figures that explain",
    "board": "TensorBoard on all runs and sweeps, by readable names",
    "runs": "lists runs and sweeps; removes and prunes them",
    "check": "says what a checkpoint would build, and whether it may",
}
HELP = "\n".join(
    [
        "usage: lightlab COMMAND ...        lightlab COMMAND --help",
        "",
        *(f"  {name:10}{meaning}" for name, meaning in COMMANDS.items()),
        "",
        "  --version the version",
        '  completion: eval "$(lightlab train -sc install=bash)"',
    ]
)


def main() -> None:
    name = sys.argv[1] if len(sys.argv) > 1 else "--help"
    if name in ("-sc", "--shell-completion"):
        name = _completed()
    if name in COMMANDS:
        del sys.argv[1]
        start(name)
        return
    with reported():
        if name == "--version":
            print(f"lightlab {_version()}")
        elif name in ("--help", "-h"):
            print(HELP)
        elif name:
            nearest = did_you_mean(name, [*COMMANDS, "--help", "--version"])
            raise UsageError(f"{shortened(name)}: no such command; {nearest}commands: {', '.join(COMMANDS)}")


def _completed() -> str:
    """Answers the shell where it completes a command's name; returns the command that answers otherwise.

    Hydra's script of completion calls the program with the whole line, and reads it as the options of `train`.
    """
    words = os.environ.get("COMP_LINE", "").split(maxsplit=2)
    if len(words) > 2 or (len(words) == 2 and os.environ["COMP_LINE"].endswith(" ")):
        if words[1] != "train":
            return ""  # the shell completes the names of files
        os.environ["COMP_LINE"] = " ".join([words[0], *words[2:]])
        sys.argv.insert(1, "train")
        return "train"
    print(*COMMANDS)
    return ""


def _version() -> str:
    try:
        return version("lightlab-dl")
    except PackageNotFoundError:
        return "(not installed)"


if __name__ == "__main__":
    main()
