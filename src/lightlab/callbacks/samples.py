"""Shows what a language model writes while it learns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from lightning.pytorch import LightningModule, Trainer

from lightlab.callbacks.looking import Looking
from lightlab.callbacks.running import module_of
from lightlab.generation import write_poems
from lightlab.run_logger import RunLogger
from lightlab.verse import Verse


class Samples(Looking):
    """Every `every` epochs, and after the last: poems on the terminal and in TensorBoard's text tab.

    They are drawn with a generator of their own, so training goes on as it would without them.

    Args:
        verse: see `lightlab.verse.Verse`; where no character of `start` is known, the most frequent one begins.
    """

    def __init__(self, every: int, verse: dict[str, Any]) -> None:
        self.every = every
        self.verse = Verse(**verse)

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        epoch = trainer.current_epoch + 1
        if epoch % self.every and epoch != trainer.max_epochs:
            return
        module = module_of(pl_module)
        vocabulary = module.spec.vocabulary
        verse = replace(self.verse, start=",".join(_known(self.verse.starts, vocabulary)))
        poems = write_poems(module.network, vocabulary, verse, module.device)
        print("\n".join(f"  {poem}" for poem in poems), flush=True)
        for logger in trainer.loggers:
            if isinstance(logger, RunLogger):
                logger.experiment.add_text("samples", "\n\n".join(poems), trainer.global_step)


def _known(starts: list[str], vocabulary: Sequence[str]) -> list[str]:
    """A corpus of the user's own may lack the configured starts; a vocabulary is ordered by frequency."""
    frequent = next(token for token in vocabulary if len(token) == 1 and token.isalnum())
    return [start for start in starts if start in vocabulary] or [frequent]
