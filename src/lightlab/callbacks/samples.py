"""Shows what a language model writes while it learns."""

from __future__ import annotations

from typing import Any

from lightning.pytorch import Callback, LightningModule, Trainer

from lightlab.errors import UsageError
from lightlab.generation import write_poems
from lightlab.run_logger import RunLogger
from lightlab.verse import Verse


class Samples(Callback):
    """Every `every` epochs, and after the last: poems on the terminal and in TensorBoard's text tab.

    They are drawn with a generator of their own, so training goes on as it would without them.

    Args:
        verse: see `lightlab.verse.Verse`; without `start` or `acrostic`, the most frequent characters begin.
    """

    def __init__(self, every: int, verse: dict[str, Any]) -> None:
        self.every = every
        self.verse = Verse(**verse)

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        epoch = trainer.current_epoch + 1
        if epoch % self.every and epoch != trainer.max_epochs:
            return
        vocabulary = pl_module.spec.vocabulary  # type: ignore[union-attr]
        network: Any = pl_module.network
        try:
            poems = write_poems(network, vocabulary, self.verse, pl_module.device)  # type: ignore[arg-type]
        except UsageError as error:  # a start that a corpus of the user's own lacks must not end the run
            poems = [f"no samples: {error}"]
        print("\n".join(f"  {poem}" for poem in poems), flush=True)
        for logger in trainer.loggers:
            if isinstance(logger, RunLogger):
                logger.experiment.add_text("samples", "\n\n".join(poems), trainer.global_step)
