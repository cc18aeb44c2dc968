import pytest

from lightlab.config.grammar import parsed
from lightlab.errors import UsageError


@pytest.mark.parametrize(
    ("override", "flaw"),
    [
        ("", "an empty argument"),
        ("\t", "an empty argument"),
        ("+", "names no key"),
        ("~", "names no key"),
        ("=x", "names no key"),
        ("seed", "sets nothing"),
        ("{", "character 1, '{', cannot stand"),
        ("a b=1", "character 2, ' ', cannot stand"),
        ("城市=1", "character 1, '城', cannot stand"),
        ("\udcff=1", "character 1"),
        ("seed=1\0", "character 7 is a control character"),
        ("seed=1,", "no value stands beside a comma"),
        ("seed=" + "9" * 5000, "too many digits"),
        ("seed=" + "[" * 3000 + "]" * 3000, "nested too deeply"),
        ("seed=" + "x" * 100_000, "longer than 50000 characters"),
        ("seed=range(0,1e12)", "a range of more than"),
        ("seed=range(0,3,0)", "a range whose step is 0"),
    ],
    ids=lambda text: text[:20],
)
def test_what_is_wrong_with_an_override_is_said_in_plain_words(override, flaw):
    with pytest.raises(UsageError) as caught:
        parsed([override])
    message = str(caught.value)
    assert flaw in message and len(message) < 300 and "expecting" not in message
