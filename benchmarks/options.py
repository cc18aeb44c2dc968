"""What all benchmarks are told."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Options:
    """See `python -m benchmarks --help`."""

    data_dir: Path
    rounds: int | None
    threads: int
    quick: bool
