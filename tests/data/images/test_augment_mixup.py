"""Mixed images have probabilities as targets, which every classifier's loss takes, the hand-written one too."""

import pytest
import torch

from lightlab.training.building import build
from lightlab.training.fit import fit

SMALL = [
    *("task=fashion_softmax", "data.source=embedded", "data.train_size=60", "trainer.max_epochs=1", "pictures=all"),
    *("data.augment.mixup=0.3", "module.criterion.label_smoothing=0.1"),
]


def test_the_hand_written_loss_learns_the_same_from_mixed_images(config, tmp_path):
    weights = []
    for layers in ("torch", "scratch"):
        run = build(config(*SMALL, f"layers={layers}"), tmp_path / layers)
        assert next(iter(run.data.train_dataloader()))[1].shape[1:] == (10,)
        assert next(iter(run.data.val_dataloader()))[1].ndim == 1
        fit(run)
        weights.append(run.module.network.head.weight.detach())
    torch.testing.assert_close(*weights, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("task", ["face_gender", "face_score"])
def test_mixed_photos_have_mixed_numbers_as_targets(task, config, tmp_path):
    whole = config(f"task={task}", "data.source=embedded", "data.augment.mixup=0.3", "data.batch_size=8")
    whole["data"]["synthetic"]["count"] = 40
    _, targets = next(iter(build(whole, tmp_path).data.train_dataloader()))
    assert targets.shape == (8, 1) and not torch.equal(targets, targets.round())
