"""Numbers into Markdown tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table, its numbers to the right."""
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


@dataclass(frozen=True)
class Timing:
    """Seconds by the clock on the wall, and of processor time over all threads."""

    wall: float
    cpu: float


def comparison(timings: Mapping[str, Sequence[Timing]], against: Sequence[str]) -> str:
    """Median, spread (lowest to highest) and the ratio of medians to each contender in `against`."""
    walls = {name: [timing.wall for timing in each] for name, each in timings.items()}
    rows = []
    for name, values in walls.items():
        cpu = median(timing.cpu for timing in timings[name])
        ratios = [f"{median(values) / median(walls[other]):.2f}" for other in against]
        rows.append([name, f"{median(values):.2f}", f"{min(values):.2f}–{max(values):.2f}", f"{cpu:.2f}", *ratios])
    head = ["", f"median s of {len(values)}", "spread", "CPU s", *(f"÷ {name}" for name in against)]
    return table(head, rows)
