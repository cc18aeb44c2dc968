import pytest
import torch
from torch import nn

from lightlab.callbacks.classification import Classes, Mistakes, Thresholds
from lightlab.callbacks.evaluation import PredictionsPicture
from lightlab.callbacks.pictures import InputsPicture
from lightlab.spec import Spec, TargetScale

NUMBER = Spec("toy", (1,), 1, "number", target_name="price")
BINARY = Spec("toy", (1,), 1, "binary", class_names=("no", "yes"))
IMAGES = Spec("toy", (3, 4, 4), 1, "binary")
CLASS = Spec("toy", (3,), 3, "class", class_names=("cat", "dog", "emu"))


def identity(size):
    layer = nn.Linear(size, size)
    nn.init.eye_(layer.weight)
    nn.init.zeros_(layer.bias)
    return layer


def column(*numbers):
    return torch.tensor(numbers, dtype=torch.float32).unsqueeze(1)


NUMBERS = (column(*range(12)), column(*range(0, 24, 2)))
LOGITS = (51 * column(-2, -1, 1, 2), column(0, 1, 0, 1))
THREE = (51 * torch.eye(3)[[0, 0, 1, 1]], torch.tensor([0, 0, 1, 0]))  # no row is an emu; one cat is taken for a dog


@pytest.mark.parametrize(
    ("callback", "spec", "rows", "pictures"),
    [
        (PredictionsPicture, NUMBER, NUMBERS, ["predictions.png"]),
        (PredictionsPicture, BINARY, LOGITS, []),
        (Classes, BINARY, LOGITS, ["classes.png"]),
        (Classes, CLASS, THREE, ["classes.png"]),
        (Classes, NUMBER, NUMBERS, []),
        (Thresholds, BINARY, LOGITS, ["thresholds.png"]),
        (Thresholds, CLASS, THREE, []),
        (Mistakes, BINARY, LOGITS, ["confusion.png"]),
        (Mistakes, CLASS, THREE, ["confusion.png"]),
        (Mistakes, NUMBER, NUMBERS, []),
        (InputsPicture, NUMBER, NUMBERS, ["inputs.png"]),
        (InputsPicture, CLASS, THREE, ["inputs.png"]),
    ],
)
@pytest.mark.parametrize("stage", ["test", "val"])
def test_each_draws_what_suits_the_task_of_test_rows_or_else_of_validation_rows(
    trained, callback, spec, rows, pictures, stage
):
    found = trained(callback(), spec, identity(spec.output_size), train=rows, **{stage: rows})
    assert found == pictures


@pytest.mark.parametrize("callback", [PredictionsPicture, Classes, Thresholds, Mistakes])
def test_training_rows_alone_are_not_judged(trained, callback):
    assert trained(callback(), BINARY, identity(1), train=LOGITS) == []


@pytest.mark.parametrize("callback", [Classes, Thresholds, Mistakes])
@pytest.mark.parametrize("label", [0, 1])
def test_one_row_is_enough(trained, callback, label):
    assert trained(callback(), BINARY, identity(1), train=LOGITS, test=(column(1), column(label)))


def test_accuracy_by_class_leaves_out_a_class_without_rows(trained):
    callback = Classes()
    trained(callback, CLASS, identity(3), train=THREE, test=THREE)
    assert callback.results == {
        "ece/test": pytest.approx(0.75 - torch.eye(3)[0].softmax(0)[0].item()),
        "accuracy/test/cat": pytest.approx(2 / 3),
        "accuracy/test/dog": 1.0,
    }


@pytest.mark.parametrize(("threshold", "no", "yes"), [(0.5, 0.5, 0.5), (0.8, 1.0, 0.5), (0.1, 0.0, 1.0)])
def test_the_threshold_moves_the_accuracy_of_both_classes(trained, threshold, no, yes):
    callback = Classes()
    trained(callback, BINARY, identity(1), threshold=threshold, train=LOGITS, test=LOGITS)
    assert callback.results["accuracy/test/no"] == no and callback.results["accuracy/test/yes"] == yes


def test_the_confusion_matrix_is_taken_at_the_threshold(trained, monkeypatch):
    seen = []
    monkeypatch.setattr("lightlab.callbacks.classification.confusion_figure", lambda *given: seen.append(given))
    monkeypatch.setattr("lightlab.callbacks.classification.save_picture", lambda trainer, tag, draw: draw())
    trained(Mistakes(), BINARY, identity(1), threshold=0.8, train=LOGITS, test=LOGITS)
    ((counts, names, threshold),) = seen
    assert counts.tolist() == [[2, 0], [1, 1]] and names == ("no", "yes") and threshold == 0.8


def test_the_worst_mistakes_are_shown_as_they_were_before_they_were_standardised(trained, monkeypatch):
    seen = []
    monkeypatch.setattr(
        "lightlab.callbacks.classification.mistakes_figure", lambda mistakes, names: seen.extend(mistakes)
    )
    monkeypatch.setattr("lightlab.callbacks.classification.save_picture", lambda trainer, tag, draw: draw())
    images = torch.tensor([0, 51, 102, 255], dtype=torch.uint8).view(4, 1, 1, 1).repeat(1, 3, 4, 4)
    network = nn.Sequential(nn.Flatten(), nn.Linear(48, 1))
    nn.init.constant_(network[1].weight, 1 / 48)
    nn.init.zeros_(network[1].bias)  # the logit is the image's brightness: -2, -1, 0, 3
    rows = (images, column(1, 1, 0, 1))
    trained(Mistakes(worst=2), IMAGES, network, offset=102.0, train=rows, test=rows)
    assert [mistake.image.unique().item() for mistake in seen] == pytest.approx([0.0, 0.2])
    assert [(mistake.target, mistake.predicted) for mistake in seen] == [(1, 0), (1, 0)]
    assert seen[0].probability == pytest.approx(torch.tensor(2.0).sigmoid().item())


def test_predictions_are_drawn_in_the_unit_of_the_data(trained, monkeypatch):
    seen = []
    monkeypatch.setattr("lightlab.callbacks.evaluation.predictions_figure", lambda *given, **_: seen.append(given))
    monkeypatch.setattr("lightlab.callbacks.evaluation.save_picture", lambda trainer, tag, draw: draw())
    spec = Spec("toy", (1,), 1, "number", target_name="price", target_scale=TargetScale(False, 100.0, 10.0))
    trained(PredictionsPicture(), spec, identity(1), train=NUMBERS, test=(column(51), column(2)))
    ((predicted, true, name, stage),) = seen
    assert (predicted.tolist(), true.tolist(), name, stage) == ([110.0], [120.0], "price", "test")
