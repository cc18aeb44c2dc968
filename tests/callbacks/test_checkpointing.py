from types import SimpleNamespace
from typing import Any, cast

import pytest

from lightlab.callbacks.checkpointing import LastCheckpoint


class Saves(SimpleNamespace):
    """A trainer that only counts."""

    current_epoch, max_epochs, max_steps, global_step, should_stop = 0, 5, -1, 0, False
    default_root_dir = "."
    strategy = SimpleNamespace(broadcast=lambda value: value)

    def save_checkpoint(self, _: object) -> None:
        self.saved.append(self.current_epoch)


def saved_epochs(callback: LastCheckpoint, **attributes: Any) -> list[int]:
    trainer = Saves(saved=[], **attributes)
    for epoch in range(trainer.max_epochs):
        trainer.current_epoch = epoch
        callback.on_train_epoch_end(cast(Any, trainer), cast(Any, None))
    return trainer.saved


@pytest.mark.parametrize(
    "every, between, expected", [(1, 0.0, [0, 1, 2, 3, 4]), (2, 0.0, [1, 3, 4]), (1, 3600.0, [0, 4])]
)
def test_the_last_epoch_is_always_saved_and_quick_ones_are_passed_over(
    every: int, between: float, expected: list[int]
) -> None:
    assert saved_epochs(LastCheckpoint(every, between)) == expected


def test_a_run_that_stops_early_is_saved_however_quick_it_was() -> None:
    assert saved_epochs(LastCheckpoint(1, 3600.0), should_stop=True) == [0, 1, 2, 3, 4]
