import pandas as pd
import pytest

from lightlab.data.notation import Notation
from lightlab.data.tables.questions import number_question, refuse_unclear
from lightlab.data.tables.raw_table import as_table
from lightlab.errors import DataError


def table(notation=None, **columns):
    return as_table(pd.DataFrame(columns), set(), "my.csv", notation or Notation())


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        (["2024-01-31", "2024-02-01"], r"column a holds dates \('2024-01-31'\): data\.dates=\[a\] learns from"),
        (
            ["1,5", "2,5"],
            r"""in another notation: 'data\.decimal=","' reads '1,5' as 1\.5, data\.categorical=\[a\] takes""",
        ),
        (["1,234", "5,678"], r"reads '1,234' as 1234 or 'data\.decimal=\",\"' '1,234' as 1\.234"),
    ],
)
def test_a_column_that_is_no_list_of_categories_is_asked_about(cells, message):
    unclear = table(a=cells, b=[1, 2])
    with pytest.raises(DataError, match=message) as caught:
        refuse_unclear(unclear, ["a", "b"], ())
    assert "\n" not in str(caught.value) and str(caught.value).startswith("my.csv: column a ")
    refuse_unclear(unclear, ["a", "b"], ["a"])
    refuse_unclear(unclear, ["b"], ())


@pytest.mark.parametrize(
    "cells", [["red", "blue"], ["1Fam", "2fmCon"], ["10", "x"], ["20-30", "30-40"], ["3.1.4", "2"]]
)
def test_categories_are_not_asked_about(cells):
    refuse_unclear(table(a=cells), ["a"], ())


def test_many_questions_are_counted():
    many = table(**{f"c{number}": ["1,5", "2,5"] for number in range(9)})
    with pytest.raises(DataError, match=r"; so do 6 more columns$"):
        refuse_unclear(many, many.frame.columns, ())


def test_no_question_in_the_notation_of_the_table():
    assert number_question(table(Notation(","), a=["1,5", "-"]), "a") == ""
