"""What it takes to load a task's data: python -m benchmarks.loading task=poetry_rnn data.corpus=large.txt."""

from __future__ import annotations

import resource
import sys
import time
from tempfile import TemporaryDirectory

from benchmarks.commands import ROOT
from lightlab.config.composition import Groups, composed
from lightlab.training.building import build_data


def main() -> None:
    with TemporaryDirectory() as cache:  # an empty one
        data = build_data(composed([*sys.argv[1:], f"cache_dir={cache}"], Groups([ROOT / "conf"])))
        before, started = peak(), time.perf_counter()
        data.setup()
        print(f"loading took {peak() - before:.1f} MiB, {peak():.0f} in all, {time.perf_counter() - started:.1f} s")


def peak() -> float:
    """Resident memory at its highest so far, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
