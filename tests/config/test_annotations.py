from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

import pytest
import torch

from lightlab.config.annotations import check_annotations, fits, words
from lightlab.config.instantiation import part
from lightlab.errors import UsageError


@pytest.mark.parametrize(
    ("hint", "valid", "invalid", "said"),
    [
        (bool, [True], [1, "yes", None], "true or false"),
        (int, [1], [True, 1.0, "1"], "a whole number"),
        (float, [1, 0.5], [True, "x", []], "a number"),
        (float | None, [1, None], ["x"], "a number or null"),
        (float | torch.Tensor, [0.1], ["x"], "a number"),
        (Literal["a", "b"], ["a"], ["c"], "one of a, b"),
        (tuple[float, float], [[0.9, 0.99]], [[0.9], 0.9, ["x", 1]], "a list"),
        (Sequence[int], [[1, 2]], [["x"], "12"], "a list"),
        (dict[str, int], [{}, {"a": 1}], [[], {"a": "x"}], "a group of keys, each with a whole number"),
        (Mapping[str, Any], [{}, {"a": 1}], [1], "a group of keys"),
        (Callable[..., object], ["anything", 1], [], ""),
    ],
)
def test_a_plain_value_fits_an_annotation(hint, valid, invalid, said):
    assert all(fits(value, hint) for value in valid) and not any(fits(value, hint) for value in invalid)
    assert words(hint) == said


@pytest.mark.parametrize(
    ("config", "line"),
    [
        ({"_target_": "torch.nn.LeakyReLU", "negative_slope": "x"}, "g.negative_slope=x: must be a number"),
        ({"_target_": "torch.nn.Linear", "_partial_": True, "bias": "maybe"}, "g.bias=maybe: must be true or false"),
        (
            {"a": {"_target_": "torch.nn.init.normal_", "_partial_": True, "std": []}},
            r"g\.a\.std=\[\]: must be a number",
        ),
        ({"_target_": "torch.nn.Linear"}, "g: "),
    ],
)
def test_an_option_of_a_wrong_type_is_named(config, line):
    with pytest.raises(UsageError, match=line):
        part({"g": config}, "g")


def test_what_has_not_been_imported_is_passed_over():
    check_annotations({"_target_": "nowhere.Nothing", "x": "y"}, "g")
