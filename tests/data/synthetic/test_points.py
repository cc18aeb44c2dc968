import pytest
import torch

from lightlab.config.instantiation import part
from lightlab.data.synthetic.points import LinearData, Points
from lightlab.errors import LightlabError


def points(x=(1, 2, 3), y=(2.5, 4.5, 6.5), target="number", **loading):
    data = Points("three", list(x), list(y), target, **{"seed": 0, "batch_size": 3, "shuffle": False} | loading)
    data.setup()
    return data


def line(weight=(2.0, -3.4), bias=4.2, rows=100, noise=0.01, **loading):
    data = LinearData("plane", list(weight), bias, rows, noise, **{"seed": 0, "batch_size": 10} | loading)
    data.setup()
    return data


def test_points_are_training_rows_alone():
    data = points()
    assert set(data.splits) == {"train"}
    assert data.splits["train"].inputs.tolist() == [[1], [2], [3]]
    assert data.splits["train"].targets.tolist() == [[2.5], [4.5], [6.5]]
    assert (data.spec.input_shape, data.spec.output_size, data.spec.target) == ((1,), 1, "number")


def test_points_of_several_features():
    data = points(x=[[1, 2], [3, 4]], y=[0, 1], target="binary")
    assert data.spec.input_shape == (2,) and data.spec.input_names == ("x1", "x2") and data.spec.target == "binary"
    assert data.example_option == "input='[[4.0,5.0]]'"


@pytest.mark.parametrize(("x", "y"), [([1, 2], [1]), ([], [1])])
def test_each_point_needs_both(x, y):
    with pytest.raises(LightlabError, match=r"data\.x has \d points and data\.y has 1"):
        points(x, y)


@pytest.mark.parametrize(("x", "y"), [([], []), ([[1, 2], [3]], [0, 1]), (["a"], [1]), ([[[1]]], [1]), ([1], ["b"])])
def test_points_that_are_no_table_are_refused_in_a_line(config, x, y):
    data = config("task=linear_toy")["data"] | {"x": x, "y": y}
    with pytest.raises(LightlabError, match="data"):
        part({"data": data}, "data").setup()


def test_points_are_read_as_they_were_learnt():
    assert points().read([[4.0]]).inputs.tolist() == [[4.0]]


def test_the_sizes_of_the_splits():
    data = line(rows=100)
    assert {name: len(split) for name, split in data.splits.items()} == {"train": 100, "val": 25, "test": 25}
    assert {name: len(split) for name, split in line(rows=3).splits.items()} == {"train": 3, "val": 2, "test": 2}


def test_no_row_stands_in_two_splits():
    rows = torch.cat([split.inputs for split in line().splits.values()])
    assert len(rows.unique(dim=0)) == len(rows)


def test_the_seed_decides():
    first, again, other = (line(seed=seed).splits["train"] for seed in (0, 0, 1))
    assert torch.equal(first.inputs, again.inputs) and torch.equal(first.targets, again.targets)
    assert not torch.equal(first.inputs, other.inputs)


def test_targets_are_the_plane_and_normal_noise():
    split = line(rows=20_000, noise=0.5).splits["train"]
    noise = split.targets.squeeze(1) - (2.0 * split.inputs[:, 0] - 3.4 * split.inputs[:, 1] + 4.2)
    assert float(noise.mean()) == pytest.approx(0, abs=0.02)
    assert float(noise.std()) == pytest.approx(0.5, rel=0.03)
    exact = line(noise=0.0).splits["val"]
    assert torch.allclose(exact.targets.squeeze(1), exact.inputs @ torch.tensor([2.0, -3.4]) + 4.2)


def test_the_truth_is_told():
    assert line(noise=1).spec.true_parameters == {"weight": pytest.approx([2.0, -3.4]), "bias": [4.2]}


def test_any_seed_is_taken():
    assert len(list(line(seed=2**32 - 1).train_dataloader())) == 10


def test_a_last_batch_of_one_row_is_left_out_of_training():
    assert [len(batch[1]) for batch in line(rows=21).train_dataloader()] == [10, 10]
    assert [len(batch[1]) for batch in line(rows=22).train_dataloader()] == [10, 10, 2]
    assert [len(batch[1]) for batch in points(x=[1], y=[1]).train_dataloader()] == [1]
    assert [len(batch[1]) for batch in points(batch_size=1).train_dataloader()] == [1, 1, 1]


def test_validation_keeps_its_order_and_all_of_its_rows():
    data = line(eval_batch_size=10)
    batches = list(data.val_dataloader())
    assert [len(batch[1]) for batch in batches] == [10, 10, 5]
    assert torch.equal(torch.cat([batch[0] for batch in batches]), data.splits["val"].inputs)


def test_batches_larger_than_the_data_with_drop_last_leave_nothing_to_train_on():
    with pytest.raises(LightlabError, match="drop_last"):
        points(batch_size=4, drop_last=True).train_dataloader()
