import pytest

from lightlab.config.options import read_pairs
from lightlab.errors import UsageError


def test_everything_behind_the_first_equals_sign_is_the_value():
    assert read_pairs(["a=b=c", "b="], ["a", "b"]) == {"a": "b=c", "b": ""}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["inptu=1"], "did you mean 'input'"),
        (["input"], "input: no such option"),
        (["input=1", "input=2"], "input=2: input= is given twice"),
    ],
)
def test_unknown_and_repeated_options_are_refused(arguments, message):
    with pytest.raises(UsageError, match=message):
        read_pairs(arguments, ["input"])
