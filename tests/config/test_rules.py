import math

import jsonschema
import pytest

from lightlab.config.rules import AnyOf, Batches, ListOf, MappingOf, Number, OneOf, Text, Whole

CASES = [
    (Whole(1), [1, 7], [0, 1.0, True, "1", None], "a whole number of at least 1"),
    (Whole(0, 9, also=(-1,)), [0, 9, -1], [10, -2, -1.0], "a whole number of at least 0, at most 9, or -1"),
    (Number(0, open_low=True), [1, 0.5], [0, math.nan, math.inf, 10**400, True], "a number above 0"),
    (Number(0, 1, open_high=True), [0, 0.99], [1, -0.1], "a number of at least 0 and below 1"),
    (Batches(also=(None,)), [0, 5, 0.5, 1.0, None], [1.5, -1], "a whole number of batches, or a share of them"),
    (OneOf(("auto", True)), ["auto", True], [1, "True", None], "one of auto, True"),
    (Text(also=(None,)), ["a", None], ["", 1], "text, or null"),
    (ListOf(Whole(1), 2), [[1, 2]], [[1], [1, 0], [1, "2"], (1, 2)], "a list of 2, each item a whole number"),
    (AnyOf((Text(), ListOf(Text()))), ["a", ["a"], []], [1, [1]], "text or a list, each item text"),
    (MappingOf(Number(0)), [{}, {"a": 1}], [None, [], {"a": -1}], "a group of keys, each value a number"),
]


@pytest.mark.parametrize(("rule", "valid", "invalid", "words"), CASES, ids=[str(case[0])[:40] for case in CASES])
def test_a_rule_takes_what_it_says(rule, valid, invalid, words):
    assert all(rule.takes(value) for value in valid)
    assert not any(rule.takes(value) for value in invalid)
    assert str(rule).startswith(words)


@pytest.mark.parametrize(("rule", "valid", "invalid", "words"), CASES, ids=[str(case[0])[:40] for case in CASES])
def test_a_rule_as_json_schema_agrees_with_the_rule(rule, valid, invalid, words):
    check = jsonschema.Draft7Validator(rule.schema()).is_valid
    assert all(check(value) for value in valid)
    # JSON has neither NaN nor tuples, and takes 1.0 for a whole number and 10^400 for a number.
    strict = [each for each in invalid if isinstance(each, (str, list, dict)) or each is None or each is True]
    assert not any(check(value) for value in strict)
