import numpy as np
import pytest
import torch

from lightlab.data.text.cbow import SubsampledOrder, context_rows, kept_share
from lightlab.data.text.tokens import Tokens

IDS = np.array([1, 2, 3, 4, 5, 6, 7], np.uint16)
TOKENS = Tokens(IDS, np.array([0, 3, 5, 7]), np.array([0, 1, 0]), tuple("0123456 7"))


def test_a_context_is_what_stands_around_a_word_and_never_of_another_text():
    train, val, test = context_rows(TOKENS, 2)
    batch = train.take(torch.arange(len(train)))
    assert batch.targets.tolist() == [1, 2, 3, 6, 7]
    assert batch.inputs.tolist() == [[0, 0, 2, 3], [0, 1, 3, 0], [1, 2, 0, 0], [0, 0, 7, 0], [0, 6, 0, 0]]
    assert val.take(torch.tensor([1])).inputs.tolist() == [[0, 4, 0, 0]]
    assert len(test) == 0


def test_windows_are_not_held():
    train, val, _ = context_rows(TOKENS, 3)
    assert train.ids is val.ids and len(train.ids) == 7 + 3 * 4


def test_frequent_words_are_kept_by_the_root_of_threshold_over_frequency():
    keep = kept_share(torch.tensor([0, 90, 9, 1]), 0.1)
    assert keep[1:].tolist() == pytest.approx([(0.1 / 0.9) ** 0.5, 1.0, 1.0])


def test_each_epoch_draws_other_rows_of_frequent_words_and_as_many():
    keep = torch.cat([torch.full((900,), 0.2), torch.ones(100)])
    order = SubsampledOrder(keep, seed=0)
    epochs = []
    for epoch in range(200):
        order.set_epoch(epoch)
        epochs.append(order.indices())
    assert {len(rows) for rows in epochs} == {280} and all(len(set(rows.tolist())) == 280 for rows in epochs)
    share = torch.stack([torch.bincount(rows, minlength=1000) for rows in epochs]).float().mean(0)
    assert share[:900].mean() == pytest.approx(0.2, abs=0.01) and share[900:].mean() > 0.95


def test_a_resumed_epoch_has_the_same_order():
    first, second = (SubsampledOrder(torch.full((100,), 0.5), seed=3) for _ in range(2))
    assert first.indices().tolist() == second.indices().tolist()
    second.set_epoch(1)
    assert first.indices().tolist() != second.indices().tolist()
