import optuna
import pytest

from lightlab.errors import UsageError
from lightlab.sweeps.search.space import read_space


def drawn(space, seed=0):
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=seed))
    return space.overrides(space.draw(study.ask()))


def test_what_does_not_vary_is_kept_as_it_was_typed():
    space = read_space(["task=softmax", "optimizer=sgd,adam", "~callbacks.curves", "+optimizer.fused=true"])
    assert space.fixed == ["task=softmax", "~callbacks.curves", "+optimizer.fused=true"]
    assert list(space.varied) == ["optimizer"]


@pytest.mark.parametrize(
    ("override", "words"),
    [
        ("a=x,y", "x or y"),
        ("a=choice(1,2,1)", "1 or 2"),
        ("a=range(1,10)", "whole numbers 1 to 9"),
        ("a=range(10,0,-3)", "whole numbers 1 to 10 in steps of 3"),
        ("a=tag(log,range(1,10))", "whole numbers 1 to 9 (log)"),
        ("a=range(0,1,0.25)", "0 to 0.75 in steps of 0.25"),
        ("a=interval(1,5)", "1 to 5"),
        ("a=int(interval(8,512))", "whole numbers 8 to 512"),
        ("a=tag(log,interval(1e-4,1))", "0.0001 to 1 (log)"),
    ],
)
def test_each_kind_of_range_has_its_distribution(override, words):
    assert read_space([override]).describe() == {"a": words}


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("a=1", "nothing to search"),
        ("a=interval(2,1)", r"a=interval\(2,1\): an interval goes from a number to a larger one"),
        ("a=interval(-inf,1)", "to a larger one"),
        ("a=tag(log,interval(0,1))", "low > 0 must hold"),
        ("a=tag(log,range(0,1,0.1))", "a logarithmic range of fractions"),
        ("a=tag(log,choice(1,2))", "the only tag is log, of an interval"),
        ("a=tag(cheap,interval(0,1))", "the only tag is log"),
        ("a=shuffle(1,2)", "leave out shuffle"),
        ("task=softmax,binary", "runs that differ in task"),
        ("monitor.mode=min,max", "runs that differ in monitor.mode"),
    ],
)
def test_a_range_that_cannot_be_searched_is_refused(override, message):
    with pytest.raises(UsageError, match=message):
        read_space([override])


def test_numbers_are_drawn_with_four_digits_and_stay_within_their_range():
    overrides = [
        drawn(read_space(["a=interval(0.1234567,0.1234568)", "b=tag(log,interval(1e-9,1))"]), n) for n in (1, 2)
    ]
    for first, second in overrides:
        assert 0.1234567 <= float(first.removeprefix("a=")) <= 0.1234568
        assert len(second.removeprefix("b=").partition("e")[0].replace(".", "").lstrip("0")) <= 4


def test_a_drawn_share_stays_a_share():
    """1 is one batch, 1.0 is all of them."""
    space = read_space(["trainer.limit_train_batches=range(1.0,2.0,0.5)"])
    assert drawn(space)[0].removeprefix("trainer.limit_train_batches=") in ("1.0", "1.5")


@pytest.mark.parametrize("value", ["[8,16]", "'a b'", "null", "{x:1}"])
def test_choices_are_given_back_as_hydra_takes_them(value):
    assert drawn(read_space([f"a={value},{value}"])) == [f"a={value}"]
