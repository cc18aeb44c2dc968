"""benchmarks.learning_rates: the rates that are tried, and the score of each."""

import math

import pytest

from benchmarks import learning_rates
from lightlab.errors import LightlabError, UsageError

SURFACE = ["task=surface_bowl", "optimizer=sgd"]


def climbed(monkeypatch, score):
    monkeypatch.setattr(learning_rates, "_score", lambda overrides, rate, epochs, lowest: score(rate))
    return learning_rates.climb(["task=linear_toy", "optimizer=sgd", "optimizer.lr=1"], 1)


def test_it_climbs_until_both_neighbours_lose(monkeypatch):
    tried = climbed(monkeypatch, lambda rate: -abs(math.log10(rate) + 2))
    assert sorted(tried) == [0.003, 0.01, 0.03, 0.1, 0.3, 1, 3]


def test_from_rates_that_all_diverge_it_climbs_down(monkeypatch):
    tried = climbed(monkeypatch, lambda rate: -math.inf if rate > 0.02 else rate)
    assert max(tried, key=lambda rate: tried[rate]) == 0.01 and min(tried) == 0.003


def test_how_soon_a_surface_is_descended():
    far = {lowest: learning_rates._score(SURFACE, 0.1, 20, lowest) for lowest in (None, 0.0, -1.0)}
    assert far[0.0] > learning_rates._score(SURFACE, 0.001, 20, 0.0)  # the higher, the sooner
    assert far[-1.0] < far[0.0] and far[None] < 0


@pytest.mark.parametrize("error", [LightlabError("no number"), UsageError("no such key")])
def test_only_a_loss_that_is_no_number_counts_as_too_large_a_rate(monkeypatch, error):
    def fails(config, folder):
        raise error

    monkeypatch.setattr(learning_rates, "train", fails)
    if isinstance(error, UsageError):
        with pytest.raises(UsageError):
            learning_rates._score(SURFACE, 0.1, 1, None)
    else:
        assert learning_rates._score(SURFACE, 0.1, 1, None) == -math.inf
