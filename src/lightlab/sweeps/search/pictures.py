"""Draws a search by Optuna's own pictures: trial by trial, by each value, and which parameters matter."""

import warnings
from collections.abc import Sequence
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib import pyplot
from matplotlib.axes import Axes
from optuna.exceptions import ExperimentalWarning
from optuna.importance import FanovaImportanceEvaluator
from optuna.study import Study
from optuna.trial import TrialState
from optuna.visualization.matplotlib import plot_optimization_history, plot_param_importances, plot_slice

from lightlab.plots.style import save  # its import also sets fonts

_FEWEST = 4  # complete trials for importances
_ENOUGH = 20  # with half as many, a parameter without any effect is often given a third


def draw_search(study: Study, parameters: Sequence[str], metric: str, folder: Path) -> None:
    """Writes history.png, values.png and importance.png; only complete trials are shown."""
    values = [trial.value for trial in study.get_trials(deepcopy=False, states=[TrialState.COMPLETE])]
    if not values:
        return
    pyplot.switch_backend("agg")
    with matplotlib.rc_context({"figure.constrained_layout.use": True}), warnings.catch_warnings():
        warnings.simplefilter("ignore", ExperimentalWarning)
        warnings.filterwarnings("ignore", "Attempting to set identical", UserWarning)  # a parameter with one value yet
        _save(plot_optimization_history(study, target_name=metric), values, folder / "history.png")
        _save(plot_slice(study, list(parameters), target_name=metric), values, folder / "values.png")
        if len(parameters) > 1 and len(values) >= _FEWEST:
            # Optuna's default, PED-ANOVA, gives next to nothing to a choice of two that decides half the variance.
            axes = plot_param_importances(study, evaluator=FanovaImportanceEvaluator(seed=0), target_name=metric)
            few = ": few, so a hint" if len(values) < _ENOUGH else ""
            axes.set_xlabel(f"share of the variance of {len(values)} trials{few} (fANOVA)")
            _save(axes, [], folder / "importance.png")


def _save(axes: Axes | np.ndarray, values: Sequence[float | None], path: Path) -> None:
    """Saves a picture; its y axis is logarithmic if the values span more than a factor of 1000."""
    known = [value for value in values if value is not None]
    charts = np.ravel(np.asarray(axes, dtype=object))
    if known and min(known) > 0 and max(known) > 1000 * min(known):
        for chart in charts:
            chart.set_yscale("log")
    save(charts[0].figure, path)
    pyplot.close(charts[0].figure)
