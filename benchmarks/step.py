"""A step and an epoch's end of `task=linear_regression`: what each part costs, what leaving out a callback saves."""

from __future__ import annotations

from benchmarks.commands import run
from benchmarks.options import Options


def measure(options: Options) -> str:
    epochs = 50 if options.quick else 300
    rounds = options.rounds or (1 if options.quick else 5)
    tables = []
    for module, arguments in {"timed_parts": [], "left_out": [str(rounds)]}.items():
        command = ["-m", f"benchmarks.{module}", *arguments, "task=linear_regression", f"trainer.max_epochs={epochs}"]
        tables.append(run(command, options.threads).text)
    return "\n\n".join(tables)
