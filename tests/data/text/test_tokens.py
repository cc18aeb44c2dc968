import numpy as np
import pytest

from lightlab.data.text.tokens import Rules, cached_tokens, characters_of, form_of, normalise, split_of, tokenize
from lightlab.errors import DataError

FIVE = "春眠不觉晓，处处闻啼鸟。夜来风雨声，花落知多少。"
SEVEN = "两个黄鹂鸣翠柳，一行白鹭上青天。窗含西岭千秋雪，门泊东吴万里船。"
ALL = {"val_fraction": 0.0, "test_fraction": 0.0}


def poems(count):
    """Different ones, of 5 characters each."""
    return ["".join(chr(0x4E00 + (number * 5 + place) % 997) for place in range(5)) + "。" for number in range(count)]


def text_of(tokens, number):
    ids = tokens.ids[tokens.starts[number] : tokens.starts[number + 1]]
    return "".join(tokens.vocabulary[each] for each in ids)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("春眠,不觉?晓!", "春眠，不觉？晓！"),
        ("春眠（一作春睡）不觉晓", "春眠不觉晓"),
        ("春 眠\t不　觉\u200b晓", "春眠不觉晓"),
        ("《春晓》“春眠”—不觉□晓", "春晓春眠不觉晓"),
        ("春\ue005眠", "春眠"),
        ("𫛶〇", "𫛶〇"),
    ],
)
def test_normalised(text, expected):
    assert normalise(text) == expected


@pytest.mark.parametrize(
    ("text", "form"),
    [
        (FIVE, (4, 5)),
        (SEVEN, (4, 7)),
        (characters_of(FIVE), (4, 5)),
        (characters_of(SEVEN), (4, 7)),
        ("一二三，一二。", (2, 0)),
        ("一二三。", (1, 3)),
        ("", (0, 0)),
    ],
)
def test_the_form_is_read_from_the_marks(text, form):
    assert form_of(text) == form


@pytest.mark.parametrize(("punctuation", "kept"), [("drop", characters_of(FIVE)), ("keep", FIVE)])
def test_texts_come_back_from_their_tokens(punctuation, kept):
    tokens = tokenize([FIVE, SEVEN], Rules(punctuation=punctuation, **ALL))
    assert text_of(tokens, 0) == kept
    assert tokens.starts.tolist() == [0, len(kept), len(tokens.ids)]


@pytest.mark.parametrize(("text", "token"), [(FIVE, "<5>"), (SEVEN, "<7>"), ("一二三，一二。", "<other>")])
def test_a_form_token_begins_each_text(text, token):
    tokens = tokenize([text], Rules(form_token=True, **ALL))
    assert text_of(tokens, 0) == token + characters_of(text)


def test_the_vocabulary_is_ordered_by_frequency():
    assert tokenize(["甲乙乙丙丙丙"], Rules(**ALL)).vocabulary == ("<UNK>", "丙", "乙", "甲")


def test_what_is_rare_in_the_training_texts_is_unknown():
    tokens = tokenize(["甲乙乙丙丙丙"], Rules(min_count=2, **ALL))
    assert tokens.vocabulary == ("<UNK>", "丙", "乙")
    assert text_of(tokens, 0) == "<UNK>乙乙丙丙丙"


def test_what_only_held_out_texts_have_is_unknown():
    rules = Rules(val_fraction=0.5, test_fraction=0.0)
    tokens = tokenize([chr(0x4E00 + number) * 4 for number in range(100)], rules)
    assert len(tokens.vocabulary) == 1 + (tokens.splits == 0).sum()
    held_out = np.flatnonzero(tokens.splits == 1)
    assert all(text_of(tokens, number) == "<UNK>" * 4 for number in held_out)


def test_copies_and_the_same_poem_under_other_rules_fall_on_one_side():
    rules = Rules(val_fraction=0.3, test_fraction=0.3)
    texts = poems(200)
    bare = [characters_of(text) for text in texts]
    tokens = tokenize(texts + bare, rules)
    assert (tokens.splits[:200] == tokens.splits[200:]).all()
    again = tokenize(reversed(bare), Rules(form_token=True, punctuation="keep", val_fraction=0.3, test_fraction=0.3))
    assert (again.splits[::-1] == tokens.splits[:200]).all()


def test_the_shares_of_the_splits_are_what_was_asked_for():
    splits = [split_of(text, Rules(val_fraction=0.1, test_fraction=0.2)) for text in map(str, range(10_000))]
    assert np.bincount(splits) / len(splits) == pytest.approx([0.7, 0.1, 0.2], abs=0.02)


@pytest.mark.parametrize(
    ("rules", "kept"),
    [
        ({"min_length": 21}, [SEVEN]),
        ({"max_length": 20}, [FIVE]),
        ({"min_length": 28, "max_length": 28}, [SEVEN]),
        ({"quatrains": 5}, [FIVE]),
        ({"quatrains": 7}, [SEVEN]),
    ],
)
def test_texts_are_chosen_by_length_and_form(rules, kept):
    longer = FIVE + FIVE
    tokens = tokenize([FIVE, SEVEN, longer] if "quatrains" in rules else [FIVE, SEVEN], Rules(**rules, **ALL))
    assert [text_of(tokens, number) for number in range(len(tokens.splits))] == [characters_of(each) for each in kept]


@pytest.mark.parametrize(
    ("texts", "rules", "message"),
    [
        ([], {}, "none of 0 texts is left"),
        (["，。", "甲"], {}, "none of 2 texts is left"),
        ([FIVE], {"quatrains": 7}, r"none of 1 texts is left: .*not quatrains"),
        ([FIVE], {}, "1 text leaves none to"),
        ([FIVE] * 40, {}, "40 texts leave none to .*copies stay together"),
        (["甲甲甲甲", "甲甲"] * 40, {}, "a vocabulary of 1"),
        (["甲甲甲甲"], ALL, r"a vocabulary of 1: there is nothing to predict"),
        (["甲乙丙"], {"min_count": 2, **ALL}, r"a vocabulary of 0: .*lower min_count"),
    ],
)
def test_a_corpus_that_nothing_can_be_learnt_from_is_refused(texts, rules, message):
    with pytest.raises(DataError, match=message):
        tokenize(texts, Rules(**rules))


def test_numbers_take_16_bits_where_they_fit_and_32_where_not():
    assert tokenize(poems(10), Rules(**ALL)).ids.dtype == np.uint16
    many = "".join(chr(point) for point in range(0x3400, 0x3400 + 180_000) if chr(point).isalnum())
    large = tokenize([many], Rules(**ALL))
    assert len(large.vocabulary) > 2**16 and large.ids.dtype == np.uint32
    assert text_of(large, 0) == many


def test_many_chunks_give_what_one_gives(monkeypatch):
    texts = poems(300)
    whole = tokenize(texts, Rules())
    monkeypatch.setattr("lightlab.data.text.tokens.CHUNK", 64)
    pieces = tokenize(texts, Rules())
    assert whole.vocabulary == pieces.vocabulary
    assert (whole.ids == pieces.ids).all() and (whole.starts == pieces.starts).all()


class Maker:
    calls = 0

    def __call__(self):
        self.calls += 1
        return tokenize(poems(50), Rules())


def test_the_second_time_tokens_are_mapped_from_the_cache(tmp_path):
    path, make = tmp_path / "poems.txt", Maker()
    path.write_text("x")
    first, second = (cached_tokens([path], tmp_path / "cache", "rules", make) for _ in range(2))
    assert make.calls == 1 and isinstance(second.ids, np.memmap)
    assert first.vocabulary == second.vocabulary
    for name in ("ids", "starts", "splits"):
        assert (getattr(first, name) == getattr(second, name)).all()
    cached_tokens([path], tmp_path / "cache", "other rules", make)
    path.write_text("y")
    cached_tokens([path], tmp_path / "cache", "rules", make)
    assert make.calls == 3


def test_most_versions_of_a_poem_fall_on_its_side():
    rules = Rules(val_fraction=0.5, test_fraction=0.0)
    texts = [
        "".join(chr(0x4E00 + (number * 89 + place * 7919) % 20_000) for place in range(28)) for number in range(500)
    ]
    versions = [text[:10] + "异" + text[11:] for text in texts]
    same = [split_of(one, rules) == split_of(other, rules) for one, other in zip(texts, versions, strict=True)]
    assert sum(same) / len(same) > 0.75  # 19 of 29 runs in common; half of the others by chance
