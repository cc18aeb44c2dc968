import math

import pytest
import torch

from lightlab.errors import DataError, UsageError
from lightlab.modules.word_options import parse_terms, parse_words
from lightlab.modules.word_vectors import WordSpace

SPACE = WordSpace(
    torch.tensor([[9.0, 9.0, 9.0], [1, 0, 0], [2, 2, 0], [0, 3, 0], [0, 0, 1], [-1, 0, 0]]),
    ("<UNK>", "东", "东南", "南", "天", "西"),
)


def test_the_nearest_come_first_with_their_cosine_and_without_the_word_itself():
    found = SPACE.nearest("东")
    assert [word for word, _ in found] == ["东南", "南", "天", "西"]
    assert [cosine for _, cosine in found] == pytest.approx([math.sqrt(0.5), 0, 0, -1], abs=1e-6)
    assert SPACE.nearest("东", 1) == found[:1]


def test_an_analogy_is_a_sum_without_its_own_words():
    assert SPACE.analogy("东+南", 1) == [("东南", pytest.approx(1.0))]
    assert SPACE.analogy("南-西", 1)[0][0] == "东南"


def test_a_word_of_length_zero_is_near_nothing():
    space = WordSpace(torch.tensor([[0.0, 0], [0, 0], [1, 0]]), ("<UNK>", "无", "有"))
    assert space.nearest("无") == [("有", 0.0)]


@pytest.mark.parametrize(
    ("word", "suggestion"), [("东南风", "did you mean '东南'"), ("<UNK>", "not among"), ("x", "5 words")]
)
def test_an_unknown_word_is_named_with_a_similar_one(word, suggestion):
    for ask in (SPACE.nearest, lambda word: SPACE.analogy(f"南-{word}")):
        with pytest.raises(DataError, match=rf"^{word}: not among .*") as caught:
            ask(word)
        assert suggestion in str(caught.value)


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("国王-男人+女人", [(1, "国王"), (-1, "男人"), (1, "女人")]),
        (" 国王 - 男人 ", [(1, "国王"), (-1, "男人")]),
        ("-a+b", [(-1, "a"), (1, "b")]),
    ],
)
def test_a_sum_of_words(text, terms):
    assert parse_terms(text) == terms


@pytest.mark.parametrize("text", ["", "国王", "国王-", "国王--男人", "国王 男人", "+", "国王+-男人", "- -"])
def test_what_is_no_sum_is_refused(text):
    with pytest.raises(UsageError, match="such as analogy=国王-男人\\+女人"):
        parse_terms(text)


def test_several_words_stand_between_commas():
    assert parse_words("月亮, 太阳，星星、云") == ["月亮", "太阳", "星星", "云"]
    with pytest.raises(UsageError, match="nearest=,: must be a word"):
        parse_words(",")
