from functools import partial

import pytest
from lightning.pytorch import Trainer
from torch import nn
from torch.optim import SGD

from lightlab.callbacks.logging import EndTrainEpoch
from lightlab.data.base import ResidentDataModule
from lightlab.data.loader import Split
from lightlab.modules.classification import BinaryClassification, SoftmaxClassification
from lightlab.modules.regression import Regression
from lightlab.training.trainer import silence_lightning

KINDS = {
    "number": (Regression, nn.MSELoss()),
    "binary": (BinaryClassification, nn.BCEWithLogitsLoss()),
    "class": (SoftmaxClassification, nn.CrossEntropyLoss()),
}


class Rows(ResidentDataModule):
    """Splits as a test writes them down; `offset` is taken off by `prepare`."""

    example_option = "input=1"

    def __init__(self, spec, splits, offset):
        super().__init__(seed=0, batch_size=4, eval_batch_size=3, shuffle=False)
        self.given, self.offset = (spec, splits), offset

    def load(self):
        return self.given

    def prepare(self, inputs):
        return (inputs.float() - self.offset) / 51

    def read(self, source):
        raise NotImplementedError


@pytest.fixture
def trained(tmp_path):
    """Fits and tests like a run, with one callback and a network that learns next to nothing."""

    def fit_and_test(callback, spec, network, offset=0.0, threshold=None, **splits):
        data = Rows(spec, {name: Split(*tensors) for name, tensors in splits.items()}, offset)
        kind, criterion = KINDS[spec.target]
        settings = {"threshold": threshold} if threshold else {}
        settings["optimizer"] = partial(SGD, lr=1e-9)
        module = kind(network=network, spec=spec, criterion=criterion, **settings)
        silence_lightning()
        trainer = Trainer(
            accelerator="cpu",
            max_epochs=1,
            default_root_dir=tmp_path,
            callbacks=[EndTrainEpoch(), callback],
            logger=False,
            enable_checkpointing=False,
            enable_progress_bar=False,
            enable_model_summary=False,
            num_sanity_val_steps=0,
            **({} if "val" in splits else {"limit_val_batches": 0}),
        )
        trainer.fit(module, datamodule=data)
        if "test" in splits:
            trainer.test(module, datamodule=data, verbose=False)
        return sorted(path.name for path in (tmp_path / "figures").glob("*"))

    return fit_and_test
