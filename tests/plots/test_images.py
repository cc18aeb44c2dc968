import pytest
import torch

from lightlab.plots.images import Mistake, inputs_figure, mistakes_figure
from lightlab.spec import Spec

SCORE = Spec("toy", (1,), 1, "number", target_name="score")


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("count", [1, 8])
def test_mistakes_with_prediction_and_true_class(can_be_saved, channels, count):
    image = torch.rand(channels, 6, 5, generator=torch.Generator().manual_seed(0))
    figure = mistakes_figure([Mistake(2.0, image, 0, 1, 0.875)] * count, ["cat", "dog"])
    _, *captions = (text.get_text() for text in figure.axes[0].texts)
    assert captions == ["dog 88%\nis cat"] * count and len(figure.axes[0].images) == count
    assert can_be_saved(figure)


@pytest.mark.parametrize(
    ("inputs", "targets", "spec", "text"),
    [
        (torch.rand(3, 1, 6, 5), torch.tensor([0, 1, 1]), Spec("t", (1, 6, 5), 2, "class", ("cat", "dog")), "dog"),
        (torch.rand(9, 3, 6, 5), torch.full((9, 1), 3.14159), SCORE, "3.142"),
        (torch.rand(1, 1), torch.tensor([[2.0]]), SCORE, "score"),
        (torch.rand(4, 3), torch.ones(4, 1), Spec("t", (3,), 1, "binary", input_names=("a", "b", "c")), "c"),
        (torch.rand(4, 300), torch.ones(4, 1), SCORE, "x40"),
        (torch.zeros(24, 8), torch.ones(24, 1), Spec("t", (8,), 1, "binary", ("no", "yes")), "yes"),
    ],
    ids=["grey", "colour", "point", "points", "table", "constant table"],
)
def test_inputs_of_every_shape_with_their_labels(can_be_saved, inputs, targets, spec, text):
    figure = inputs_figure(inputs, targets, spec)
    assert can_be_saved(figure)
    assert any(text in artist.get_text() for artist in figure.findobj(match=lambda artist: hasattr(artist, "get_text")))
