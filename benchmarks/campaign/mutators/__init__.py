"""One mutator a kind of input: from a seed it damages a copy of a whole run or input and returns the command to try."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.campaign.outcomes import Case

Mutate = Callable[[random.Random, Path], Case]


@dataclass(frozen=True)
class Mutator:
    """Attributes:
    bases: the whole runs that `mutate` takes its copy from, drawn by the seed.
    mutate: damages the copy in a folder and returns the command.
    """

    bases: tuple[str, ...]
    mutate: Callable[[random.Random, Path, str], Case]


def mutators() -> dict[str, Mutator]:
    """Returns all mutators by their kind."""
    from benchmarks.campaign.mutators import commands, images, records, tables, texts, weights

    return {**commands.KINDS, **tables.KINDS, **images.KINDS, **texts.KINDS, **weights.KINDS, **records.KINDS}
