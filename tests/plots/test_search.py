import pytest

from lightlab.plots.search import Tried, draw_history, draw_importance, draw_values

TRIALS = [
    Tried(0, 0.7, "complete", {"lr": 0.1, "optimizer": "sgd"}),
    Tried(1, 0.3, "pruned", {"lr": 0.001, "optimizer": "sgd"}),
    Tried(2, None, "failed", {"lr": 1.0, "optimizer": "adam"}),
    Tried(3, 0.8, "complete", {"lr": 0.01, "optimizer": "adam"}),
    Tried(4, None, "pruned", {"lr": 0.5, "optimizer": "adam"}),
]


@pytest.fixture
def drawn(monkeypatch):
    """The figures in place of files."""
    figures = []
    monkeypatch.setattr("lightlab.plots.search.save", lambda figure, path: figures.append(figure))
    return figures


def lines(chart):
    return {line.get_label(): list(line.get_ydata()) for line in chart.lines}


@pytest.mark.parametrize(("mode", "best"), [("max", [0.7, 0.8]), ("min", [0.7, 0.7])])
def test_the_history_shows_each_trial_and_the_best_so_far(drawn, tmp_path, mode, best):
    draw_history(TRIALS, "accuracy/val", mode, tmp_path / "x.png")
    shown = lines(drawn[0].axes[0])
    assert shown["best so far"] == best
    assert shown["complete"] == [0.7, 0.8] and len(shown["failed"]) == 1


def test_losses_of_many_sizes_are_all_legible(drawn, tmp_path):
    for worst, scale in ((29.0, "log"), (0.9, "linear")):
        trials = [Tried(0, 0.0084, "complete", {}), Tried(1, worst, "complete", {})]
        draw_history(trials, "loss/val", "min", tmp_path / "x.png")
        assert drawn[-1].axes[0].get_yscale() == scale


def test_each_parameter_has_its_axis_and_choices_their_colours(drawn, tmp_path):
    draw_values(TRIALS, {"lr": "log", "optimizer": ["sgd", "adam"]}, "accuracy/val", tmp_path / "x.png")
    rates, optimizers = drawn[0].axes
    assert (rates.get_xscale(), optimizers.get_xscale()) == ("log", "linear")
    assert [label.get_text() for label in optimizers.get_xticklabels()] == ["sgd", "adam"]
    colours = {line.get_label(): line.get_color() for line in rates.lines}
    assert colours["sgd, complete"] == colours["sgd, pruned"] != colours["adam, complete"]


def test_what_matters_most_stands_on_top(drawn, tmp_path):
    draw_importance({"seed": 0.1, "lr": 0.9}, "accuracy/val", 12, tmp_path / "x.png")
    assert [label.get_text() for label in drawn[0].axes[0].get_yticklabels()] == ["seed", "lr"]
    assert "of 12 trials: few, so a hint" in drawn[0].axes[0].get_xlabel()
