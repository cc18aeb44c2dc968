import numpy as np
import pytest

from lightlab.data.text.segmentation import chosen_words, number_words
from lightlab.data.text.tokens import Rules
from lightlab.errors import DataError

ALL = Rules(val_fraction=0, test_fraction=0)


def tokens(*texts, rules=ALL):
    return number_words(texts, lambda text: iter(text.split()), rules)


def texts_of(words):
    cuts = np.split(words.ids, words.starts[1:-1])
    return [" ".join(words.vocabulary[word] for word in text) for text in cuts]


def test_words_are_numbered_by_frequency_and_texts_stay_as_they_were():
    found = tokens("b a b", "", "c b a")
    assert found.vocabulary == ("<UNK>", "b", "a", "c")
    assert texts_of(found) == ["b a b", "c b a"]
    assert found.ids.dtype == np.uint16 and found.ids.tolist() == [1, 2, 1, 3, 1, 2]


def test_rare_words_and_stop_words_are_left_out_and_texts_with_no_context_too():
    found = chosen_words(tokens("b a b d", "the b", "the c a b", "the c"), {"the"}, 2, ALL)
    assert found.vocabulary == ("<UNK>", "b", "a", "c")
    assert texts_of(found) == ["b a b", "c a b"]
    assert found.counts.tolist() == [0, 4, 2, 2]


def test_only_the_training_texts_count():
    rules = Rules(val_fraction=0.5, test_fraction=0)
    found = tokens(*(f"a {index * 2654435761} b" for index in range(100)), rules=rules)
    words = chosen_words(found, (), 1, rules)
    trained = int((found.splits == 0).sum())
    assert 20 < trained < 80 and len(words.vocabulary) == 3 + trained
    assert words.vocabulary[1:3] == ("a", "b") and words.counts[1:4].tolist() == [trained, trained, 1]


def test_copies_of_a_text_fall_on_one_side_whatever_their_punctuation():
    rules = Rules(val_fraction=0.3, test_fraction=0.3)
    poems = [f"a {index * 2654435761}" for index in range(50)]
    found = tokens(*poems, *(f"{poem}。" for poem in poems), rules=rules)
    assert (found.splits[:50] == found.splits[50:]).all() and set(found.splits) == {0, 1, 2}


def test_texts_without_words_are_refused():
    with pytest.raises(DataError, match="none of the texts has a word"):
        tokens("", " ")


@pytest.mark.parametrize(("left_out", "min_count"), [((), 3), ({"a"}, 1)])
def test_a_vocabulary_of_one_is_refused(left_out, min_count):
    with pytest.raises(DataError, match=r"a vocabulary of 1 of 2 words: .* lower data.min_count"):
        chosen_words(tokens("a b b b"), left_out, min_count, ALL)


def test_one_line_leaves_none_to_hold_out():
    rules = Rules()
    with pytest.raises(DataError, match=r"1 text leaves none to .*val_fraction"):
        chosen_words(tokens("春 花 秋 月", rules=rules), (), 1, rules)
