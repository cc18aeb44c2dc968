from datetime import date

import pytest

from lightlab.data.notation import PLAIN, Notation, date_of, likely_notations, likely_orders
from lightlab.errors import UsageError

GERMAN, ENGLISH = Notation(",", (".", "€")), Notation(".", (",", "$", "%"))


@pytest.mark.parametrize(
    ("notation", "text", "value"),
    [
        (PLAIN, " -1.5e3 ", -1500),
        (PLAIN, ".5", 0.5),
        (PLAIN, "１２３．５", 123.5),
        (PLAIN, "−5", -5),
        (PLAIN, "-inf", -float("inf")),
        (PLAIN, "9" * 5000, float("inf")),
        (PLAIN, "1,5", None),
        (PLAIN, "1_000", None),
        (PLAIN, "nan", None),
        (PLAIN, "", None),
        (PLAIN, ".", None),
        (GERMAN, "1.234.567,8 €", 1234567.8),
        (GERMAN, "1.5", None),
        (GERMAN, "31.12.2024", None),
        (ENGLISH, "-$1,234.5", -1234.5),
        (ENGLISH, "5 %", 5),
        (ENGLISH, "1,23", None),
        (ENGLISH, "$", None),
    ],
)
def test_a_number_or_none(notation, text, value):
    assert notation.number(text) == value


@pytest.mark.parametrize("mark", ["", ".", "1", "-"])
def test_marks_that_are_part_of_numbers_are_refused(mark):
    with pytest.raises(UsageError, match=r"data\.number_marks="):
        Notation(".", (mark,))


@pytest.mark.parametrize(
    ("texts", "options"),
    [
        (["1,5", "2"], ["'data.decimal=\",\"'"]),
        (["1.234,56", "7,5"], ["'data.decimal=\",\"' 'data.number_marks=[\".\"]'"]),
        (["1,234", "5,678"], ["'data.number_marks=[\",\"]'", "'data.decimal=\",\"'"]),  # either is possible
        (["5%", "7%", "unknown"], ["'data.number_marks=[\"%\"]'"]),
        (["$1,234.5", "$3"], ['\'data.number_marks=[",", "$"]\'']),
        (["1 234", "5"], ["'data.number_marks=[\" \"]'"]),
        (["1", "2.5"], []),
        (["red", "blue", "1,5"], []),
        ([], []),
    ],
)
def test_notations_are_recognised(texts, options):
    assert [notation.options() for notation, _ in likely_notations(texts)] == options


@pytest.mark.parametrize(
    ("text", "order"),
    [
        ("2024-01-31", "ymd"),
        ("2024/1/31 12:30", "ymd"),
        ("2024-01-31T12:30:00.5Z", "ymd"),
        ("2024年1月31日", "ymd"),
        ("31.1.2024", "dmy"),
        ("01/31/2024", "mdy"),
    ],
)
def test_dates(text, order):
    assert date_of(text, order) == date(2024, 1, 31)
    assert likely_orders([text]) == [order]


@pytest.mark.parametrize("text", ["2024-02-30", "99999-01-01", "1.2.3", "20240131", "0000-01-01", "12:30", ""])
def test_texts_that_are_no_dates(text):
    assert likely_orders([text]) == []


def test_day_and_month_may_be_unclear():
    assert likely_orders(["01/02/2024"]) == ["dmy", "mdy"]
    assert likely_orders(["01/02/2024", "31/02/2023", "31/01/2024"]) == ["dmy"]
