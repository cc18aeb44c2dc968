"""Measures `learning_rates` of a task: climbs the grid 1, 3, 10, 30, … until both neighbours score worse.

    python -m benchmarks.learning_rates fashion_softmax --epochs 5 --data-dir data

The score is the task's own monitor on validation rows (training rows if a task has no others), after `--epochs`
epochs of the task's recipe with one seed. Test rows are not used. On a surface many rates reach the lowest point:
``--mean-log=LOWEST`` measures how soon, by the mean over all epochs of the logarithm of the height above it.
"""

import argparse
import math
import tempfile
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from statistics import fmean

from benchmarks.measuring import ROOT, compose
from lightlab.errors import DataError, LightlabError, UsageError, reported
from lightlab.runs.results import read_epochs
from lightlab.training.fit import train

OPTIMIZERS = ["sgd", "momentum", "nesterov", "adagrad", "adadelta", "rmsprop", "adam", "adamw"]
_MORE = {path.stem for path in (ROOT / "conf/optimizer").glob("*.yaml") if not path.stem.startswith("scratch_")}
OPTIMIZERS += sorted(_MORE - set(OPTIMIZERS))
TINY = 1e-12  # heights below it are equally good
LEAN = ["logger=csv", "~callbacks.curves", "~callbacks.mistakes", "~callbacks.best", "trainer.limit_test_batches=0"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("task")
    parser.add_argument("overrides", nargs="*", help="changes of the recipe, such as network=lenet")
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--data-dir", default="data")
    parser.add_argument("--mean-log", type=float, metavar="LOWEST", help="score by the mean of log(monitor - LOWEST)")
    parser.add_argument("--optimizers", type=lambda text: text.split(","), default=OPTIMIZERS)
    options = parser.parse_intermixed_args()
    recipe = [f"task={options.task}", f"data_dir={options.data_dir}", *options.overrides]
    with reported():
        for optimizer in options.optimizers:
            measured = climb([*recipe, f"optimizer={optimizer}"], options.epochs, options.mean_log)
            best = max(measured, key=lambda rate: measured[rate])
            tried = "  ".join(f"{rate:g}: {abs(score):.4g}" for rate, score in sorted(measured.items()))
            print(f"{optimizer}: {best:g}    # {tried}", flush=True)


def climb(overrides: list[str], epochs: int, lowest: float | None = None) -> dict[float, float]:
    """Returns scores by learning rate, the higher the better; minus infinity where the loss became infinite or NaN."""
    start = compose(overrides)["optimizer"]["lr"]
    place = round(2 * math.log10(start))
    scores = {place: _score(overrides, _rate(place), epochs, lowest)}
    while True:
        best = max(scores, key=lambda place: scores[place])
        if scores[best] == -math.inf:
            best = min(scores)  # all too large so far
        missing = [place for place in (best - 1, best + 1) if place not in scores]
        if not missing:
            return {_rate(place): score for place, score in scores.items()}
        for place in missing:
            scores[place] = _score(overrides, _rate(place), epochs, lowest)


def _rate(place: int) -> float:
    return float(f"{10 ** (place / 2):.1g}")


def _score(overrides: list[str], rate: float, epochs: int, lowest: float | None) -> float:
    lean = [*LEAN, f"optimizer.lr={rate}", f"trainer.max_epochs={epochs}"]
    config = compose([*overrides, *lean])
    with tempfile.TemporaryDirectory() as folder, redirect_stdout(StringIO()), redirect_stderr(StringIO()):
        try:
            train(config, Path(folder))
        except (UsageError, DataError):  # no rate helps
            raise
        except LightlabError:  # the loss became infinite or NaN
            return -math.inf
        values = [row[config["monitor"]["name"]] for row in read_epochs(Path(folder)).rows]
    value = values[-1] if lowest is None else fmean(math.log(max(value - lowest, TINY)) for value in values)
    return value if config["monitor"]["mode"] == "max" else -value


if __name__ == "__main__":
    main()
