"""What is there to be looked at, and changes nothing."""

from __future__ import annotations

from lightning.pytorch import Callback


class Looking(Callback):
    """Shows a run to people; the folds of a cross-validation, of which there may be a hundred, leave it out."""
