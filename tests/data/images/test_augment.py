import pytest
import torch

from lightlab.data.images.augment import Augment, mixed
from lightlab.errors import UsageError


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def pixel(n, channels=1, at=(3, 4), size=(7, 9)):
    """n images with one bright pixel, of another brightness in each channel."""
    images = torch.zeros(n, channels, *size)
    images[:, :, at[0], at[1]] = torch.arange(1.0, channels + 1)
    return images


def test_without_settings_nothing_changes():
    images = torch.rand(4, 1, 5, 5)
    assert torch.equal(Augment()(images, generator()), images)


def test_a_shift_is_at_most_as_far_as_told_and_reaches_every_place():
    shifted = Augment(shift=2)(pixel(600), generator())
    assert shifted.shape == (600, 1, 7, 9)
    assert torch.equal(shifted.sum((1, 2, 3)), torch.ones(600))
    _, _, rows, columns = shifted.nonzero(as_tuple=True)
    found = {(int(row) - 3, int(column) - 4) for row, column in zip(rows, columns, strict=True)}
    assert found == {(row, column) for row in range(-2, 3) for column in range(-2, 3)}


def test_what_comes_in_at_the_edge_is_0_and_what_goes_out_is_gone():
    shifted = Augment(shift=1)(torch.ones(200, 1, 4, 4), generator())
    assert set(shifted.sum((1, 2, 3)).tolist()) == {16.0, 12.0, 9.0}
    assert set(shifted.unique().tolist()) == {0.0, 1.0}


def test_the_channels_of_an_image_move_together():
    shifted = Augment(shift=2, flip=True)(pixel(50, channels=3), generator())
    places = [shifted[:, channel] == channel + 1 for channel in range(3)]
    assert torch.equal(places[0], places[1]) and torch.equal(places[0], places[2]) and places[0].sum() == 50


def test_a_flip_mirrors_about_half_of_the_images_left_to_right():
    images = torch.rand(400, 1, 3, 5)
    flipped = Augment(flip=True)(images, generator())
    mirrored = (flipped == images.flip(3)).all(3).all(2).all(1)
    same = (flipped == images).all(3).all(2).all(1)
    assert (mirrored ^ same).all()
    assert 160 < int(mirrored.sum()) < 240


def test_the_generator_alone_decides():
    augment, images = Augment(shift=2, flip=True, cut_out=2), torch.rand(20, 1, 6, 6)
    first = augment(images, generator())
    torch.manual_seed(5)
    assert torch.equal(first, augment(images, generator()))
    assert not torch.equal(first, augment(images, generator(1)))


def test_the_images_that_came_in_are_left_as_they_were():
    images = torch.rand(6, 1, 6, 6)
    before = images.clone()
    Augment(shift=2, flip=True, cut_out=2)(images, generator())
    assert torch.equal(images, before)


def test_cut_out_covers_a_square_with_0_in_every_channel():
    cut = Augment(cut_out=3)(torch.ones(300, 2, 7, 9), generator())
    assert torch.equal(cut[:, 0], cut[:, 1]) and set(cut.unique().tolist()) == {0.0, 1.0}
    holes = cut[:, 0] == 0  # (N, H, W)
    rows, columns = holes.any(2), holes.any(1)
    assert torch.equal(holes, rows[:, :, None] & columns[:, None, :])
    assert set(rows.sum(1).tolist()) == set(columns.sum(1).tolist()) == {2, 3}  # less where it reaches over the edge


def test_the_middle_of_a_cut_out_lies_anywhere_in_the_image():
    cut = Augment(cut_out=1)(torch.ones(2000, 1, 5, 6), generator())
    hits = (cut[:, 0] == 0).sum(0)  # (H, W)
    assert int(hits.sum()) == 2000 and hits.min() > 2000 / 30 / 2


def test_a_cut_out_larger_than_the_images_is_refused():
    with pytest.raises(UsageError, match=r"data.augment.cut_out=6: .*images of 5x9"):
        Augment(cut_out=6)(torch.ones(2, 1, 5, 9), generator())


@pytest.mark.parametrize("classes", [3, None])
def test_mixup_mixes_targets_by_the_share_of_their_images(classes):
    labels = torch.tensor([0, 1, 2, 1])
    images = labels[:, None, None, None].expand(4, 1, 2, 2).float()
    targets = labels if classes else labels[:, None].float()
    inputs, soft = mixed(images, targets, generator(), alpha=0.4, classes=classes)
    again = mixed(images, targets, generator(), alpha=0.4, classes=classes)
    assert torch.equal(inputs, again[0]) and torch.equal(soft, again[1]) and not torch.equal(inputs, images)
    expected = soft @ torch.arange(3.0) if classes else soft.squeeze(1)  # a pixel is its label
    torch.testing.assert_close(inputs[:, 0, 0, 0], expected)
    assert soft.shape == (4, classes or 1)
