"""A run as an object: its config, history, scores, pictures and predictions, read from its folder."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from os import fspath
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lightlab.api.execution import PathText
from lightlab.api.html import html_table
from lightlab.api.process import drawing_style
from lightlab.errors import UsageError, did_you_mean
from lightlab.files import user_path
from lightlab.prediction.options import PredictOptions, parse_options
from lightlab.report.runs import Run as Record
from lightlab.report.runs import read_run
from lightlab.runs.folder import checkpoint_of, find_run
from lightlab.runs.summary import STAGES
from lightlab.runs.trust import own_targets

if TYPE_CHECKING:
    import pandas as pd
    from lightning.pytorch import LightningModule
    from matplotlib.figure import Figure

    from lightlab.prediction.predict import Predictor


class Run:
    """A run, of which everything is read from its folder.

    Args:
        folder: of the run.
        allow: packages whose classes the checkpoint may name.
        config_dir: a folder with configs of your own, whose classes the checkpoint may name too.
    """

    def __init__(self, folder: PathText, allow: Sequence[str] = (), config_dir: PathText | None = None) -> None:
        self.folder = Path(fspath(folder)).absolute()
        self.allow = list(allow)
        self.config_dir = config_dir

    @property
    def _record(self) -> Record:
        return read_run(self.folder)

    @property
    def state(self) -> str:
        """``done``, ``pruned``, ``diverged``, ``failed`` or ``unfinished``."""
        return self._record.outcome

    @property
    def error(self) -> str:
        """Why the run is not done, in one line; empty if it is."""
        return self._record.reason

    @property
    def config(self) -> dict[str, Any]:
        """The config, resolved to plain values."""
        return self._record.config

    @property
    def overrides(self) -> list[str]:
        return self._record.overrides

    @property
    def metrics(self) -> dict[str, Any]:
        """The scores of the best epoch and of the test, ``accuracy/test`` and so on, with seconds and epochs."""
        return self._record.metrics

    @property
    def history(self) -> "pd.DataFrame":
        """One row an epoch: epoch, step, seconds, learning_rate, and each metric."""
        import pandas as pd

        rows = self._record.epochs.rows
        columns = list(dict.fromkeys(name for row in rows for name in row))
        return pd.DataFrame(rows, columns=columns).astype({name: int for name in ("epoch", "step") if name in columns})

    @property
    def checkpoint(self) -> Path:
        """The best checkpoint, or the last one where no best is kept.

        Raises:
            UsageError: the run has none.
        """
        path = checkpoint_of(find_run(self.folder))
        assert path is not None
        return path

    @property
    def module(self) -> "LightningModule":
        """The module with the best weights, in evaluation mode on the CPU or where it has predicted last."""
        return self._predictor.module

    @cached_property
    def _predictor(self) -> "Predictor":
        from lightlab.prediction.predict import load_predictor

        own = own_targets([user_path(fspath(self.config_dir))]) if self.config_dir is not None else {}
        homes = {target.rpartition(".")[0] for targets in own.values() for target in targets}
        trusted = [home for home in homes if home.partition(".")[0] not in ("lightlab", "torch")]
        return load_predictor(self.checkpoint, [*self.allow, *sorted(trusted)])

    def predict(self, inputs: Any = None, **options: Any) -> "pd.DataFrame":
        """Predicts with the best weights.

        Args:
            inputs: see `lightlab.api.inputs.read_inputs`; a language model takes none: ``predict(start="春")``.
            options: of predict.py, such as ``threshold=0.5`` or ``lines=4``.

        Returns:
            One row for each input; its ``attrs["scores"]`` hold the scores where the input has labels.

        Raises:
            UsageError: an option that the task does not have.
            DataError: an input or a checkpoint that cannot be used.
        """
        from lightlab.api.inputs import read_inputs
        from lightlab.prediction.predict import predict_with

        parsed = self._options(inputs is not None, options)
        predictor = self._predictor
        if inputs is not None and "input" in predictor.module.predict_options:
            parsed = replace(parsed, input=read_inputs(inputs, predictor.data))
        with drawing_style():
            predictions = predict_with(predictor, parsed, self.checkpoint)
        predictions.table.attrs["scores"] = predictions.scores
        return predictions.table

    def _options(self, has_input: bool, options: dict[str, Any]) -> PredictOptions:
        texts = {name: str(value).lower() if isinstance(value, bool) else str(value) for name, value in options.items()}
        given = [f"{name}={text}" for name, text in texts.items()]
        return parse_options([f"run={self.folder}", *(["input=..."] if has_input else []), *given])

    @property
    def pictures(self) -> list[str]:
        """The names of the pictures that the run has drawn, such as ``mistakes``."""
        return sorted(path.stem for path in self.folder.glob("figures/*.png"))

    def plot(self, name: str = "curves") -> "Figure":
        """Draws the curves, or shows another of the run's pictures; the figure is returned, not shown.

        Raises:
            UsageError: there is no such picture.
        """
        from lightlab.plots.curves import curves_figure
        from lightlab.plots.images import picture_figure

        with drawing_style():
            figure = curves_figure(self._record.epochs.rows) if name == "curves" else None
            if figure is not None:
                return figure
            if name not in self.pictures:
                known = sorted({"curves", *self.pictures} if self._record.epochs.rows else self.pictures)
                nearest = did_you_mean(name, known)
                raise UsageError(f"plot {name!r}: no such picture; {nearest}there are {', '.join(known) or 'none'}")
            return picture_figure(self.folder / "figures" / f"{name}.png")

    def __repr__(self) -> str:
        record = self._record
        score = record.metric(record.monitor)
        text = f"{record.monitor} {score:.4g}" if score is not None else record.reason
        return f"<Run {record.task}: {record.outcome}{', ' if text else ''}{text}, {self.folder}>"

    def _repr_html_(self) -> str:
        record = self._record
        names = dict.fromkeys(name.partition("/")[0] for name in record.metrics if name.partition("/")[2] in STAGES)
        rows = [[name, *(record.metric(f"{name}/{stage}") for stage in STAGES)] for name in names]
        return html_table(["", *STAGES], rows, f"{record.task} · {record.outcome} · {self.folder}", record.reason)
