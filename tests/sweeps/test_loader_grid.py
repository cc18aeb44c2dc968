"""hydra_plugins.lightlab_grid: which jobs are composed before the first one starts."""

from __future__ import annotations

import pytest

from hydra_plugins.lightlab_grid import GridSweeper


@pytest.mark.parametrize(
    ("jobs", "composed"),
    [
        ([["task=toy", "seed=0"], ["task=toy", "seed=1"]], False),
        ([["task=toy", "seed=0"]], False),
        ([["optimizer=sgd", "seed=0"], ["optimizer=adam", "seed=1"]], True),
    ],
    ids=["one key", "nothing swept", "two keys"],
)
def test_jobs_are_composed_once_more_only_where_combinations_have_not_been(jobs, composed, monkeypatch):
    seen = []
    (hydras,) = GridSweeper.__bases__  # Hydra executes its own plugins' modules anew, so that an import gives another
    monkeypatch.setattr(hydras, "validate_batch_is_legal", lambda self, batch: seen.append(batch))
    GridSweeper.__new__(GridSweeper).validate_batch_is_legal(jobs)
    assert bool(seen) == composed
