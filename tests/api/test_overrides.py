from pathlib import Path

import numpy as np
import pytest

from lightlab.api.overrides import override_texts
from lightlab.config.grammar import parsed
from lightlab.errors import UsageError


@pytest.mark.parametrize(
    ("value", "read"),
    [
        (0.1, 0.1),
        (1e-5, 1e-5),
        (True, True),
        (None, None),
        ([50, 100], [50, 100]),
        (["a b", "it's", "x,y"], ["a b", "it's", "x,y"]),
        (Path("a b/c"), "a b/c"),
        (np.float64(0.5), 0.5),
        ([{"lr": 0.1}], [{"lr": 0.1}]),
    ],
)
def test_a_value_is_read_back_as_it_was_given(value, read):
    (text,) = override_texts([], {"key": value})
    override = parsed([text])[0].value()
    assert override == read and type(override) is type(read)


def test_mappings_name_keys_by_their_path_and_texts_stay():
    texts = override_texts(["task=x", {"trainer": {"max_epochs": 2}, "optimizer.lr": 0.1}], {"seed": 1})
    assert texts == ["task=x", "trainer.max_epochs=2", "optimizer.lr=0.1", "seed=1"]


def test_in_a_sweep_a_list_holds_the_values():
    given = {"seed": range(2), "optimizer": ["sgd", "adam"], "network.sizes": [[50], [50, 100]]}
    assert override_texts([], given, sweep=True) == ["seed=0,1", "optimizer=sgd,adam", "network.sizes=[50],[50,100]"]


@pytest.mark.parametrize(
    ("given", "said"),
    [("-m", "option of the command line"), (3, "write overrides as texts"), ("explain=true", "run.config")],
)
def test_what_is_no_override_is_refused(given, said):
    with pytest.raises(UsageError, match=said):
        override_texts([given], {})


@pytest.mark.parametrize(("value", "said"), [([], "no value to sweep"), (object(), "a config holds numbers")])
def test_a_value_that_no_config_holds_is_refused(value, said):
    with pytest.raises(UsageError, match=f"key: .*{said}"):
        override_texts([], {"key": value}, sweep=True)
