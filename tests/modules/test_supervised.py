import math

import pytest
import torch
from torch import nn

from lightlab.modules.classification import BinaryClassification, SoftmaxClassification
from lightlab.modules.regression import Regression
from lightlab.spec import Spec, TargetScale

NUMBER = Spec("toy", (1,), 1, "number", target_name="price")
BINARY = Spec("toy", (1,), 1, "binary")
CLASS = Spec("toy", (3,), 3, "class", class_names=("cat", "dog", "emu"))


def module(kind, spec, criterion, **settings):
    return kind(network=nn.Identity(), spec=spec, criterion=criterion, **settings)


def column(*numbers):
    return torch.tensor(numbers).unsqueeze(1)


def scores(module, outputs, targets):
    metrics = module.metrics()
    module.update_metrics(metrics, outputs, targets)
    return {name: float(value) for name, value in metrics.compute().items()}


BATCHES = [(column(1.0, 3.0), column(0.0, 0.0)), (column(2.0), column(0.0))]  # squared errors 1 + 9, 4


@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_the_loss_of_an_epoch_is_a_mean_over_rows_whatever_the_reduction(reduction):
    learner = module(Regression, NUMBER, nn.MSELoss(reduction=reduction))
    for index, batch in enumerate(BATCHES):
        learner.training_step(batch, index)
        learner.validation_step(batch, index)
        learner.test_step(batch, index)
    for mean in (learner.train_loss, learner.val_loss, learner.test_loss):
        assert float(mean.compute()) == pytest.approx(14 / 3)


def test_backward_fills_the_gradients_that_the_choice_gives():
    seen = []

    def gradient(loss, compute_loss, network):
        seen.append((loss.item(), compute_loss().item()))
        loss.backward()

    learner = Regression(network=nn.Linear(1, 1), spec=NUMBER, criterion=nn.MSELoss(), gradient=gradient)
    learner.backward(learner.training_step(BATCHES[0], 0))
    assert seen[0][0] == seen[0][1]
    assert learner.network.weight.grad is not None


def test_regression_scores():
    found = scores(module(Regression, NUMBER, nn.MSELoss()), column(1.0, 2.0, 6.0), column(1.0, 2.0, 3.0))
    assert found == pytest.approx({"rmse": math.sqrt(3), "mae": 1.0, "r2": 1 - 9 / 2})


def test_one_row_can_be_scored():
    found = scores(module(Regression, NUMBER, nn.MSELoss()), column(1.0), column(3.0))
    assert (found["rmse"], found["mae"]) == (2.0, 2.0)


def test_binary_scores_take_logits_inside_0_and_1_for_logits():
    outputs, targets = column(0.2, 0.9, -0.1, -3.0), column(1.0, 1.0, 0.0, 0.0)  # all right: above 0 is class 1
    found = scores(module(BinaryClassification, BINARY, nn.BCEWithLogitsLoss()), outputs, targets)
    assert found == dict.fromkeys(["accuracy", "precision", "recall", "f1", "auroc"], 1.0)
    inside = scores(module(BinaryClassification, BINARY, nn.BCEWithLogitsLoss()), outputs[:2], column(1.0, 0.0))
    assert inside["accuracy"] == 0.5 and inside["auroc"] == 0.0


def test_precision_recall_and_f1_are_of_class_1_at_the_threshold():
    outputs, targets = torch.logit(column(0.2, 0.6, 0.7, 0.9)), column(1.0, 0.0, 1.0, 1.0)
    found = scores(module(BinaryClassification, BINARY, nn.BCEWithLogitsLoss(), threshold=0.65), outputs, targets)
    assert found["precision"] == 1.0 and found["recall"] == pytest.approx(2 / 3) and found["f1"] == pytest.approx(0.8)


@pytest.mark.parametrize("label", [0.0, 1.0])
def test_rows_of_one_class_have_no_area_under_a_curve(label):
    found = scores(
        module(BinaryClassification, BINARY, nn.BCEWithLogitsLoss()), column(0.1, -0.5), column(label, label)
    )
    assert math.isnan(found.pop("auroc")) and all(math.isfinite(value) for value in found.values())


@pytest.mark.parametrize(("threshold", "labels"), [(0.5, ["0", "1", "1"]), (0.8, ["0", "0", "1"])])
def test_binary_predictions_and_their_accuracy_share_a_threshold(threshold, labels):
    learner = module(BinaryClassification, BINARY, nn.BCEWithLogitsLoss(), threshold=threshold)
    outputs = torch.logit(column(0.4, 0.6, 0.9))
    columns = learner.predict(outputs)
    assert list(columns) == ["class", "probability"]
    assert columns["class"] == labels and columns["probability"] == pytest.approx([0.4, 0.6, 0.9])
    assert scores(learner, outputs, column(*map(float, labels)))["accuracy"] == 1.0


def test_binary_predictions_carry_class_names():
    spec = Spec("toy", (1,), 1, "binary", class_names=("no", "yes"))
    assert module(BinaryClassification, spec, nn.BCEWithLogitsLoss()).predict(column(-1.0, 1.0))["class"] == [
        "no",
        "yes",
    ]


def test_softmax_predictions():
    probabilities = torch.tensor([[0.7, 0.2, 0.1], [0.1, 0.3, 0.6]])
    columns = module(SoftmaxClassification, CLASS, nn.CrossEntropyLoss()).predict(probabilities.log())
    assert list(columns) == ["class", "probability", "p(cat)", "p(dog)", "p(emu)"]
    assert columns["class"] == ["cat", "emu"]
    assert columns["probability"] == pytest.approx([0.7, 0.6]) and columns["p(dog)"] == pytest.approx([0.2, 0.3])


def test_softmax_accuracy_counts_rows():
    outputs, targets = torch.eye(3)[[0, 0, 0, 1]], torch.tensor([0, 0, 1, 1])
    assert scores(module(SoftmaxClassification, CLASS, nn.CrossEntropyLoss()), outputs, targets) == {"accuracy": 0.75}


def test_a_number_is_predicted_by_the_name_of_its_column():
    assert module(Regression, NUMBER, nn.MSELoss()).predict(column(1.5, 2.0)) == {"price": [1.5, 2.0]}


@pytest.mark.parametrize(
    ("kind", "target"), [(Regression, "number"), (BinaryClassification, "binary"), (SoftmaxClassification, "class")]
)
def test_each_says_what_it_learns(kind, target):
    assert kind.target == target


def test_regression_scores_are_in_the_unit_of_the_data():
    spec = Spec("homes", (1,), 1, "number", target_scale=TargetScale(False, 100.0, 10.0), positive_target=True)
    found = scores(module(Regression, spec, nn.MSELoss(), correlation=True), column(0.0, 1.0), column(0.0, 2.0))
    assert found["mae"] == pytest.approx(5.0) and found["rmse"] == pytest.approx(50**0.5)
    assert found["log_rmse"] == pytest.approx((math.log(120 / 110) ** 2 / 2) ** 0.5, rel=1e-4)
    assert found["pearson"] == pytest.approx(1.0)


def test_predictions_are_in_the_unit_of_the_data():
    spec = Spec("homes", (1,), 1, "number", target_name="price", target_scale=TargetScale(True, 5.0, 2.0))
    found = module(Regression, spec, nn.MSELoss()).predict(column(-0.5))
    assert found["price"] == pytest.approx([math.exp(4)])


@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_each_member_of_an_ensemble_learns_as_if_it_were_alone(reduction):
    class Twice(nn.Module):
        def __init__(self):
            super().__init__()
            self.first, self.second = nn.Linear(1, 1), nn.Linear(1, 1)

        def forward(self, x):
            return torch.cat([self.first(x), self.second(x)])

    both = Twice()
    learner = module(Regression, NUMBER, nn.MSELoss(reduction=reduction))
    learner.network = both
    batch = (column(1.0, 2.0, 3.0), column(0.0, 1.0, 5.0))
    learner.training_step(batch, 0).backward()
    alone = nn.Linear(1, 1)
    alone.load_state_dict(both.second.state_dict())
    criterion = nn.MSELoss(reduction=reduction)
    criterion(alone(batch[0]), batch[1]).backward()
    assert torch.allclose(alone.weight.grad, both.second.weight.grad)
    members = [criterion(each(batch[0]), batch[1]) for each in (both.first, both.second)]
    rows = 3 if reduction == "sum" else 1
    assert float(learner.train_loss.compute()) == pytest.approx(float(sum(members).detach()) / 2 / rows, rel=1e-5)


def test_attributes_are_set_as_on_any_module():
    learner = Regression(network=nn.Linear(1, 1), spec=NUMBER, criterion=nn.MSELoss())
    learner.monitor = "loss/val"
    assert learner.monitor == "loss/val"
    learner.network = None
    assert learner.network is None and not list(learner.parameters())
    learner.monitor = nn.Linear(1, 1)
    assert len(list(learner.parameters())) == 2
