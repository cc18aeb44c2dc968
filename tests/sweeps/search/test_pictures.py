import matplotlib
import numpy as np
import optuna
import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution
from optuna.trial import TrialState, create_trial

from lightlab.sweeps.search import pictures
from lightlab.sweeps.search.pictures import draw_search

AXES = {"x": FloatDistribution(-1, 1), "optimizer": CategoricalDistribution(["sgd", "adam"])}


@pytest.fixture
def drawn(monkeypatch):
    """The figures by their names, in place of files."""
    figures = {}
    monkeypatch.setattr(pictures, "save", lambda figure, path: figures.update({path.stem: figure}))
    return figures


def searched(count, factor=1.0, state=TrialState.COMPLETE):
    """A study of trials at random whose value depends on the optimizer more than on x."""
    study, random = optuna.create_study(), np.random.default_rng(0)
    for number in range(count):
        x, optimizer = random.uniform(-1, 1), ["sgd", "adam"][number % 2]
        value = (abs(x - 0.3) + 5 * (optimizer == "sgd") + 0.001) * factor**number
        parameters = {"x": x, "optimizer": optimizer}
        study.add_trial(create_trial(state=state, params=parameters, distributions=AXES, value=value))
    return study


def test_the_history_shows_each_trial_and_the_best_so_far(drawn, tmp_path):
    study = searched(6)
    draw_search(study, list(AXES), "loss/val", tmp_path)
    (axes,) = drawn["history"].axes
    (best,) = axes.lines
    values = [trial.value for trial in study.trials]
    assert list(best.get_ydata()) == pytest.approx(np.minimum.accumulate(values))
    assert len(axes.collections[0].get_offsets()) == 6 and axes.get_ylabel() == "loss/val"


def test_each_parameter_has_a_chart(drawn, tmp_path):
    draw_search(searched(6), list(AXES), "loss/val", tmp_path)
    assert {axes.get_xlabel() for axes in drawn["values"].axes} >= {"x", "optimizer"}


def test_a_choice_that_decides_most_is_given_most(drawn, tmp_path):
    """Optuna's default evaluator does not."""
    draw_search(searched(12), list(AXES), "loss/val", tmp_path)
    (axes,) = drawn["importance"].axes
    shares = {
        label.get_text(): bar.get_width() for label, bar in zip(axes.get_yticklabels(), axes.patches, strict=True)
    }
    assert shares["optimizer"] > 0.5 > shares["x"]
    assert "of 12 trials: few, so a hint" in axes.get_xlabel()


@pytest.mark.parametrize(("factor", "scale"), [(10.0, "log"), (1.01, "linear")])
def test_losses_of_many_sizes_are_all_legible(drawn, tmp_path, factor, scale):
    draw_search(searched(8, factor), list(AXES), "loss/val", tmp_path)
    assert [drawn[name].axes[0].get_yscale() for name in ("history", "values")] == [scale, scale]


def test_without_a_complete_trial_nothing_is_drawn(drawn, tmp_path):
    draw_search(searched(3, state=TrialState.PRUNED), list(AXES), "loss/val", tmp_path)
    assert drawn == {}


def test_the_style_of_other_figures_stays(tmp_path):
    before = dict(matplotlib.rcParams)
    draw_search(searched(5), list(AXES), "loss/val", tmp_path)
    assert dict(matplotlib.rcParams) == before
    assert {path.name for path in tmp_path.iterdir()} == {"history.png", "values.png", "importance.png"}
