import pytest
import torch

from lightlab.errors import DataError
from lightlab.surfaces.descent import SurfaceStart


def data(start):
    return SurfaceStart("bowl", start, seed=0, batch_size=1)


def test_an_epoch_is_one_step_from_the_start():
    module = data([-3.0, 4.0])
    module.setup()
    assert module.spec.start == (-3.0, 4.0) and module.spec.output_size == 2
    ((inputs, _),) = list(module.train_dataloader())
    assert torch.equal(inputs, torch.tensor([[-3.0, 4.0]]))
    assert list(module.splits) == ["train"]


def test_only_the_start_itself_can_be_predicted_from():
    module = data([-3.0, 4.0])
    assert module.read([[-3.0, 4.0]]).inputs.tolist() == [[-3.0, 4.0]]
    with pytest.raises(DataError, match=r"its trajectory from \[\[-3.0, 4.0\]\] ended"):
        module.read([[0.0, 0.0]])
