"""A sweep as an object: its runs, their table, and the report."""

from collections.abc import Sequence
from os import fspath
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lightlab.api.execution import PathText
from lightlab.api.html import html_table
from lightlab.api.process import drawing_style
from lightlab.api.run import Run
from lightlab.errors import UsageError, did_you_mean
from lightlab.report.runs import Run as Record
from lightlab.report.runs import read_run
from lightlab.sweeps.summary import distinct_overrides, runs_of

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure


def is_sweep(folder: Path) -> bool:
    return (folder / "multirun.yaml").is_file()


class Sweep:
    """A sweep, of which everything is read from its folder.

    Args:
        folder: of the sweep.
        allow, config_dir: see `Run`.
    """

    def __init__(self, folder: PathText, allow: Sequence[str] = (), config_dir: PathText | None = None) -> None:
        self.folder = Path(fspath(folder)).absolute()
        self.allow = list(allow)
        self.config_dir = config_dir

    @property
    def runs(self) -> list[Run]:
        return [Run(folder, self.allow, self.config_dir) for folder in runs_of(self.folder)]

    def __len__(self) -> int:
        return len(runs_of(self.folder))

    @property
    def table(self) -> "pd.DataFrame":
        """One row a run: its number, the overrides in which the runs differ, its state, scores and seconds."""
        import pandas as pd

        records = self._records()
        keys = dict.fromkeys(key for record in records for key in record.override_values)
        differing = [key for key in keys if len({record.override_values.get(key) for record in records}) > 1]
        rows = [
            {
                "run": _typed(record.folder.name),
                **{key: _typed(record.override_values.get(key)) for key in differing},
                "state": record.outcome,
                **{name: value for name, value in record.metrics.items() if "/" in name},
                **{name: record.metrics.get(name) for name in ("epochs", "seconds")},
            }
            for record in records
        ]
        return pd.DataFrame(rows)

    @property
    def best(self) -> Run:
        """The run with the best value of the monitored metric.

        Raises:
            UsageError: no run has one.
        """
        scores = {record.folder: score for record in self._records() if (score := record.metric(record.monitor))}
        if not scores:
            raise UsageError(f"{self.folder}: no run is done; .table says how each has ended")
        choose = max if self._records()[0].larger_is_better else min
        return Run(choose(scores, key=lambda folder: scores[folder]), self.allow, self.config_dir)

    def plot(self, metric: str | None = None) -> "Figure":
        """Draws a metric of every run by epoch, by default the monitored one; the figure is returned, not shown.

        Raises:
            UsageError: no run has measured it.
        """
        from lightlab.plots.curves import compared_figure

        records = self._records()
        name = metric or (records[0].monitor if records else "loss/val")
        labels = distinct_overrides([record.folder for record in records])
        curves = {
            label: (list(series), list(series.values()))
            for label, record in zip(labels, records, strict=True)
            if (series := record.epochs.finite(name))
        }
        if not curves:
            known = sorted({name for record in records for name in record.epochs.series})
            raise UsageError(
                f"plot {name!r}: no run has measured it; {did_you_mean(name, known)}known: {', '.join(known)}"
            )
        with drawing_style():
            return compared_figure(name, curves)

    def report(self) -> Path:
        """Writes report.html, report.md and summary.csv into the folder, and returns the path of the first."""
        from lightlab.report import write

        with drawing_style():
            return write([self.folder], to=self.folder)

    def _records(self) -> list[Record]:
        return [read_run(folder) for folder in runs_of(self.folder)]

    def __repr__(self) -> str:
        return f"<Sweep of {len(self)} runs, {self.folder}>"

    def _repr_html_(self) -> str:
        table = self.table.iloc[:100]
        return html_table(list(table.columns), table.values.tolist(), f"{len(self)} runs · {self.folder}")


def _typed(text: str | None) -> Any:
    """Returns the number that an override spells, or its text."""
    for kind in (int, float):
        try:
            return kind(text)  # type: ignore[arg-type]
        except (TypeError, ValueError):
            continue
    return text
