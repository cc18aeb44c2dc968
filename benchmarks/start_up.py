"""How soon the command line answers when nothing is trained."""

from __future__ import annotations

from benchmarks.commands import alternate
from benchmarks.options import Options
from benchmarks.tables import comparison

BARE = "python -c pass"


def measure(options: Options) -> str:
    rounds = options.rounds or (1 if options.quick else 5)
    answers = {
        BARE: ["-c", "pass"],
        "train.py --help": ["train.py", "--help"],
        "train.py --cfg job": ["train.py", "--cfg", "job"],
    }
    results = alternate(answers, rounds, options.threads)
    results |= alternate({"train.py optimizer=adm": ["train.py", "optimizer=adm"]}, rounds, options.threads, expected=2)
    return comparison({name: [run.timing for run in runs] for name, runs in results.items()}, against=[BARE])
