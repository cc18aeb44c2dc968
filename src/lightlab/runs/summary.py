"""The summary at the end of a run: its results as a table, notes, and the commands to go on with."""

import shlex
from collections.abc import Collection, Sequence
from io import StringIO
from pathlib import Path
from typing import Any

from lightlab.runs.folder import EVENTS, ROOTS
from lightlab.runs.overrides import program
from lightlab.runs.results import by_metric_name

STAGES = ("train", "val", "test")
_NO_METRICS = ("seconds", "epochs", "steps", "best_epoch")


def text_table(rows: Sequence[Sequence[str]], numbers: Collection[int] = ()) -> str:
    """Returns rows as columns two spaces apart; a Chinese character is as wide as two others.

    Args:
        numbers: the columns that are aligned on the right.
    """
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table.grid(padding=(0, 2))
    for column in range(max(map(len, rows), default=0)):
        table.add_column(justify="right" if column in numbers else "left", no_wrap=True)
    for row in rows:
        table.add_row(*map(Text, row))
    console = Console(file=(text := StringIO()), width=10_000, color_system=None, force_jupyter=False)
    console.print(table)
    return "\n".join(line.rstrip() for line in text.getvalue().splitlines())


def results_table(results: dict[str, Any]) -> str:
    """Returns a line for each metric with a column for each split, then metrics of no split.

    Metrics of single classes are left to metrics.json and figures/classes.png.
    """
    results = by_metric_name(results)
    names = dict.fromkeys(name.partition("/")[0] for name in results if name.partition("/")[2] in STAGES)
    rows = [["", *STAGES]]
    rows += [[name, *(_number(results.get(f"{name}/{stage}")) for stage in STAGES)] for name in names]
    others = [name for name in results if name not in _NO_METRICS and _stands_alone(name)]
    others = [name for name in others if isinstance(results[name], (int, float))]
    tables = [
        text_table(rows, numbers=(1, 2, 3)) if names else "",
        text_table([[name, _number(results[name])] for name in others], (1,)),
    ]
    return "\n".join(filter(None, tables))


def _stands_alone(name: str) -> bool:
    return "/" not in name or (name.count("/") == 1 and name.split("/")[1] not in STAGES)


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.4g}"


def run_summary(
    results: dict[str, Any],
    folder: Path,
    example: str,
    extendable: bool,
    notes: Sequence[str] = (),
    config_dir: str = "",
) -> str:
    """Returns the results, the callbacks' notes, and the commands to go on with.

    Args:
        example: an option of predict.py that fits the data.
        extendable: whether the run can be resumed with more epochs.
        config_dir: the user's own config folder, if the run has one.
    """
    quoted = shlex.quote(str(folder))
    title = f"{results['name']} · {results['data']} data · {results['epochs']} epochs in {results['seconds']:.1f} s"
    train = f"{program()}{f' --config-dir {shlex.quote(config_dir)}' if config_dir else ''}"
    further = f"{train} resume={quoted} trainer.max_epochs={2 * results['epochs']}"
    board = f"{program('board')}{'' if set(folder.parts[:1]) & set(ROOTS) else f' {quoted}'}"
    anew = f"{train} task={results['name']} init_from={quoted}"
    return "\n".join(
        [
            "",
            f"{title} · best epoch {results['best_epoch']}",
            results_table(results),
            *(f"\n{note}" for note in notes),
            "",
            f"run folder   {folder}",
            f"predict      {program('predict')} run={quoted} {example}",
            *([f"watch        {board}"] if any(folder.glob(EVENTS)) else []),
            f"train on     {further if extendable else anew}",
        ]
    )
