"""The case of 10,000 tiny steps: whole commands beside the plain loop, and the time of each stage of ours.

python -m benchmarks.linear_regression task=linear_regression     # prints the stages of one command
"""

from __future__ import annotations

import functools
import re
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from benchmarks.measuring import ROOT, Command, Finished, Options, alternate, compare_commands, table

if TYPE_CHECKING:
    from lightning.pytorch import Callback

STEPS, EPOCHS = 10_000, 1_000
EPOCH_ENDS = "epoch ends, the rest"


def measure(options: Options) -> str:
    """A line through 100 points, 10,000 steps of N 10: whole commands, and the time of each stage of ours."""
    plain, traced = "plain", "traced"
    with TemporaryDirectory() as folder:
        ours: Command = ["task=linear_regression", f"hydra.run.dir={folder}/" + "${now:%H-%M-%S-%f}"]
        contenders: dict[str, Command] = {
            plain: [ROOT / "benchmarks/plain/linear_regression.py"],
            "train.py task=linear_regression": ["train.py", *ours],
            traced: ["-m", "benchmarks.linear_regression", *ours],
        }
        results = alternate(contenders, options.rounds_or(5), options.threads)
    stages = _stages(results.pop(traced))
    return f"{compare_commands(results, against=plain)}\n\n{stages}"


def _stages(runs: list[Finished]) -> str:
    stages = [dict(re.findall(r"^stage (.*): ([\d.]+)$", run.text, re.MULTILINE)) for run in runs]
    seconds = {name: median(float(each[name]) for each in stages) for name in stages[0]}
    seconds["the process ends"] = median(run.timing.wall for run in runs) - sum(seconds.values())
    rows = [[name, f"{spent:.2f}", _share(name, spent)] for name, spent in seconds.items()]
    return table(["stage (median)", "s", ""], [*rows, ["sum", f"{sum(seconds.values()):.2f}", ""]])


def _share(name: str, spent: float) -> str:
    if name == "steps":
        return f"{1000 * spent / STEPS:.3f} ms a step"
    return f"{1000 * spent / EPOCHS:.3f} ms an epoch" if name.startswith("epoch ends") else ""


class Clock:
    """Charges all the time of a process to named stages, one after the other; starts when the process did."""

    def __init__(self) -> None:
        self.stages: dict[str, float] = defaultdict(float)
        self.last = time.perf_counter() - time.process_time()

    def mark(self, stage: str) -> None:
        """Charges the time since the last mark to `stage`."""
        now = time.perf_counter()
        self.stages[stage] += now - self.last
        self.last = now

    def charge(self, owner: Any, name: str, stage: str, before: str) -> None:
        """Charges every later call of `owner.name(…)` to `stage`, and the time up to the call to `before`."""
        function = getattr(owner, name)

        @functools.wraps(function)
        def timed(*args: Any, **kwargs: Any) -> Any:
            self.mark(before)
            try:
                return function(*args, **kwargs)
            finally:
                self.mark(stage)

        setattr(owner, name, timed)


CLOCK = Clock()


def stages_of_fit() -> Callback:
    """Returns the callback that marks the stages within training."""
    from lightning.pytorch import Callback

    class Stages(Callback):
        def on_train_start(self, *_: Any) -> None:
            CLOCK.mark("fit begins: logger, graph, summary")

        def on_train_epoch_start(self, *_: Any) -> None:
            CLOCK.mark(EPOCH_ENDS)

        def on_train_batch_end(self, *_: Any) -> None:
            CLOCK.mark("steps")

        def on_validation_start(self, *_: Any) -> None:
            CLOCK.mark(EPOCH_ENDS)

        def on_validation_end(self, *_: Any) -> None:
            CLOCK.mark("epoch ends, validation")

        def on_train_end(self, *_: Any) -> None:
            CLOCK.mark(EPOCH_ENDS)

    return Stages()


def trace(overrides: list[str]) -> None:
    """Runs the command `train` and prints the time of each stage."""
    import lightlab.cli.train as command

    imports = command.uncollected

    @contextmanager
    def traced_imports() -> Iterator[None]:
        CLOCK.mark("Hydra composes and makes the folder")
        with imports():
            import torch  # noqa: F401

            CLOCK.mark("import torch")
            import lightning.pytorch

            CLOCK.mark("import Lightning")
            from lightlab.runs.checkpoints import AtomicCheckpointIO
            from lightlab.training import fit

            CLOCK.mark("import the rest")
            CLOCK.charge(fit, "train", "test, records and results", before="import the rest")
            CLOCK.charge(lightning.pytorch.Trainer, "fit", "fit ends: curves", before="data, network, Trainer")
            CLOCK.charge(AtomicCheckpointIO, "save_checkpoint", "epoch ends, checkpoint files", before=EPOCH_ENDS)
            yield

    command.uncollected = traced_imports
    CLOCK.mark("Python, import Hydra")
    CLOCK.charge(command, "prepare", "the command line is checked", before="Python, import Hydra")
    sys.argv = ["train.py", *overrides, "+callbacks.benchmark._target_=benchmarks.linear_regression.stages_of_fit"]
    command.main(Path(ROOT / "conf"))
    for stage, seconds in CLOCK.stages.items():
        print(f"stage {stage}: {seconds:.6f}", flush=True)


if __name__ == "__main__":
    from benchmarks import linear_regression  # whose clock the callback uses; this module is __main__

    linear_regression.trace(sys.argv[1:])
