import pytest

from lightlab.report.grouping import group, ranked, swept_keys
from lightlab.report.runs import read_runs


@pytest.fixture
def runs(write_run, tmp_path):
    """Reads runs with these overrides."""

    def runs(*overrides, **more):
        for number, each in enumerate(overrides):
            write_run(tmp_path / "runs" / str(number), *each.split(), **more)
        return read_runs([tmp_path / "runs"])

    return runs


def labels(runs):
    return [each.label for each in group(runs, swept_keys(runs), "accuracy/val")]


def test_runs_that_differ_in_their_seed_alone_are_one_configuration(runs):
    found = runs("optimizer=adam seed=0", "optimizer=adam seed=1", "optimizer=sgd seed=0")
    assert swept_keys(found) == ["optimizer"]
    assert labels(found) == ["adam", "sgd"]


def test_what_was_not_typed_is_taken_from_the_config(runs):
    found = runs("optimizer=sgd optimizer.lr=0.1 seed=0", "seed=1", "optimizer=sgd optimizer.lr=1e-1 seed=2")
    assert swept_keys(found) == []


@pytest.mark.parametrize(
    ("overrides", "expected"),
    [
        (["optimizer=adam optimizer.lr=0.1", "optimizer=sgd optimizer.lr=1"], ["adam, lr=0.1", "sgd, lr=1"]),
        (["optimizer.lr=0.123456789", "optimizer.lr=1"], ["lr=0.1235", "lr=1"]),
        (["optimizer.lr=0.5", "seed=1"], ["lr=0.5", "lr=0.1"]),
        (["data.name=a", "data.name=b"], ["a", "b"]),
        (["a.size=1 b.size=1", "a.size=2 b.size=2"], ["a.size=1, b.size=1", "a.size=2, b.size=2"]),
        (["~callbacks.curves", "seed=1"], ["left out", "kept"]),
        (["network.hidden=[1,2]", "network.hidden=[3]"], ["[1,2]", "[3]"]),
    ],
    ids=["two keys", "digits", "not typed", "text", "same last names", "deleted", "lists"],
)
def test_a_label_says_what_differs(runs, overrides, expected):
    assert labels(runs(*overrides)) == expected


def test_real_and_embedded_data_are_not_one_configuration(write_run, tmp_path):
    for number, data in enumerate(("real", "embedded")):
        write_run(tmp_path / str(number), f"seed={number}", data=data)
    assert swept_keys(read_runs([tmp_path])) == ["data used"]


def test_the_best_stands_first_and_what_has_no_score_last(write_run, tmp_path):
    for name, score, state in (("a", 0.5, "done"), ("b", 0.9, "failed"), ("c", 0.7, "done")):
        write_run(tmp_path / name, f"optimizer={name}", scores=(score,), state=state)
    found = group(read_runs([tmp_path]), ["optimizer"], "accuracy/val")
    assert [each.label for each in ranked(found, larger_is_better=True)] == ["c", "a", "b"]
    assert [each.label for each in ranked(found, larger_is_better=False)] == ["a", "c", "b"]


def test_the_same_seed_again_is_no_further_evidence(write_run, tmp_path):
    for number, score in enumerate((0.5, 0.7)):
        write_run(tmp_path / str(number), "optimizer=adam", "seed=0", scores=(score,))
    (found,) = group(read_runs([tmp_path]), [], "accuracy/val")
    assert len(found.runs) == 2 and found.scores == [0.7]
    assert found.deviation is None


def test_mean_curves_go_as_far_as_half_of_the_runs(write_run, tmp_path):
    for seed, scores in enumerate([(0.1, 0.2), (0.3, 0.4, 0.6), (0.2, 0.3), (0.2, 0.3, 0.8, 0.9)]):
        write_run(tmp_path / str(seed), f"seed={seed}", scores=scores)
    (found,) = group(read_runs([tmp_path]), [], "accuracy/val")
    mean, spread = found.mean_curve("accuracy/val")
    assert mean == pytest.approx({1: 0.2, 2: 0.3, 3: 0.7})
    assert spread[3] == pytest.approx(0.1414, abs=1e-4)


def test_a_score_is_reached_in_the_first_epoch_that_has_it(write_run, tmp_path):
    write_run(tmp_path / "0", scores=(0.5, 0.8, 0.7, 0.9))
    (found,) = group(read_runs([tmp_path]), [], "accuracy/val")
    assert found.first_epochs("accuracy/val", lambda value: value >= 0.75) == [(2, 2.5)]
    assert found.first_epochs("accuracy/val", lambda value: value >= 0.95) == []
