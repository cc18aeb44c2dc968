import numpy as np
import pytest
import torch

from lightlab.modules.metrics import calibrate
from lightlab.plots.classes import classes_figure, confusion_figure, thresholds_figure


def test_a_confusion_matrix(can_be_saved):
    figure = confusion_figure(np.array([[5, 0, 1], [0, 4, 0], [0, 0, 0]]), ["cat", "dog", "a longer name"])
    axes = figure.axes[0]
    assert axes.get_title() == "90.0% correct"
    assert [text.get_text() for text in axes.texts] == ["5", "1", "4"]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("predicted", "true")
    assert can_be_saved(figure)


def test_a_confusion_matrix_of_nothing(can_be_saved):
    assert can_be_saved(confusion_figure(np.zeros((2, 2), int), ["a", "b"]))


def test_a_confusion_matrix_of_a_hundred_classes_has_shades_alone():
    figure = confusion_figure(np.eye(100, dtype=int), [f"a class with the long name {index}" for index in range(100)])
    assert not figure.axes[0].texts
    assert max(figure.get_size_inches()) < 25


def test_a_confusion_matrix_names_its_threshold():
    assert confusion_figure(np.eye(2), ["a", "b"], 0.3).axes[0].get_title() == "100.0% correct\nat threshold 0.3"


def test_classes_worst_first_and_without_those_that_have_no_rows(can_be_saved):
    right, counts = np.array([1, 4, 0]), np.array([2, 4, 0])
    figure = classes_figure(["cat", "dog", "emu"], right, counts, calibrate(np.array([0.9]), np.array([1])), "test")
    labels = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert labels == ["cat (2)", "dog (4)"]
    assert figure.axes[0].get_title() == "accuracy by true class\n(1 without rows left out)"
    assert can_be_saved(figure)


def test_a_hundred_classes_are_cut_to_the_worst(can_be_saved):
    names, counts = ["a class with a long name"] * 100, np.full(100, 100)
    figure = classes_figure(names, np.arange(100), counts, calibrate(np.zeros(0), np.zeros(0)), "test")
    assert len(figure.axes[0].patches) == 40
    assert "the lowest 40 of 100" in figure.axes[0].get_title()
    assert can_be_saved(figure)


def test_the_point_of_the_threshold_on_both_curves():
    probabilities, labels = torch.tensor([0.1, 0.4, 0.6, 0.9]), torch.tensor([0, 1, 0, 1])
    roc, precision = thresholds_figure(probabilities, labels, 0.5, "yes", "test").axes
    points = [axes.lines[-1].get_xydata().tolist() for axes in (roc, precision)]
    assert points == [[[0.5, 0.5]], [[0.5, 0.5]]]
    assert "area 0.750" in roc.get_title()


@pytest.mark.parametrize(("labels", "note"), [([0, 0], "no row is yes"), ([1, 1], "all rows are yes")])
def test_rows_of_one_class_have_no_curve_but_a_note(can_be_saved, labels, note):
    figure = thresholds_figure(torch.tensor([0.2, 0.7]), torch.tensor(labels), 0.5, "yes", "test")
    assert [axes.texts[0].get_text() for axes in figure.axes] == [f"{note}:\nno curve"] * 2
    assert can_be_saved(figure)


def test_a_threshold_that_nothing_reaches_has_no_precision():
    figure = thresholds_figure(torch.tensor([0.2, 0.7]), torch.tensor([0, 1]), 0.9, "yes", "test")
    assert figure.axes[1].get_legend() is None
