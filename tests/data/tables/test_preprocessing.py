import json
from dataclasses import asdict

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from lightlab.data.tables.preprocessing import Preparation, Recipe
from lightlab.data.tables.raw_table import as_table

NAN = float("nan")


def frame(**columns):
    return as_table(pd.DataFrame(columns), (), "here").frame


TRAIN = frame(a=[1.0, NAN, 3.0, 8.0], c=["x", "y", None, "x"], b=[5.0, 5.0, 5.0, 5.0], d=["p", "q", "p", "p"])


def fitted(train=TRAIN, **recipe):
    return Preparation.fitted(train, ["a", "b"], ["c", "d"], Recipe(**recipe))


def test_it_is_the_courses_recipe_as_scikit_learn_has_it():
    numbers = make_pipeline(SimpleImputer(strategy="mean"), StandardScaler())
    text = make_pipeline(
        SimpleImputer(strategy="constant", fill_value="NaN"),
        OneHotEncoder(handle_unknown="ignore", sparse_output=False),
    )
    theirs = ColumnTransformer([("n", numbers, ["a", "b"]), ("t", text, ["c", "d"])]).fit(TRAIN)
    new = frame(a=[2.0, NAN], c=["unheard", None], b=[6.0, 7.0], d=["q", "p"])
    ours = fitted()
    for rows in (TRAIN, new):
        assert ours.expand(ours.compact(rows)).numpy() == pytest.approx(theirs.transform(rows), abs=1e-6)
    assert ours.names == ("a", "b", "c=NaN", "c=x", "c=y", "d=p", "d=q") and ours.width == 7


def test_rows_are_stored_narrow():
    assert fitted().compact(TRAIN).shape == (4, 4) and fitted().compact(TRAIN).dtype == torch.float32


def test_a_constant_column_is_harmless():
    assert fitted().compact(TRAIN)[:, 1].tolist() == [0, 0, 0, 0]


def test_an_unknown_category_is_no_category_and_counted():
    ours = fitted()
    new = frame(a=[1.0, 1.0, 1.0], b=[1.0, 1.0, 1.0], c=["new", None, "newer"], d=["p", None, "q"])
    assert ours.expand(ours.compact(new))[:, 2:].sum(1).tolist() == [1, 1, 1]  # d's; c's; d's
    assert ours.unseen(new) == {"c": 2}  # what is missing is not new
    assert ours.unseen(TRAIN) == {}


def test_the_median_where_it_is_asked_for():
    assert fitted(missing="median").fill[0] == 3 and fitted().fill[0] == 4


def test_skewed_columns_are_logged_where_it_is_asked_for():
    train = frame(a=[0.0, 1.0, 2.0, 1000.0], b=[-1.0, 0.0, 0.0, 1000.0], c=["x"] * 4, d=["y"] * 4)
    ours = fitted(train, skewed="log")
    assert ours.logged == ["a"]
    values = np.log1p([0, 1, 2, 1000])
    assert ours.compact(train)[:, 0].numpy() == pytest.approx((values - values.mean()) / values.std(), abs=1e-6)
    new = frame(a=[-5.0], b=[0.0], c=["x"], d=["y"])
    assert torch.isfinite(ours.compact(new)).all()


def test_numbers_alone_and_categories_alone():
    numbers = Preparation.fitted(TRAIN, ["a"], [], Recipe())
    assert numbers.expand(numbers.compact(TRAIN)).shape == (4, 1)
    text = Preparation.fitted(TRAIN, [], ["c"], Recipe())
    assert text.expand(text.compact(TRAIN)).tolist() == [[0, 1, 0], [0, 0, 1], [1, 0, 0], [0, 1, 0]]


def test_the_state_is_plain_and_whole():
    state = json.loads(json.dumps(asdict(fitted())))
    assert Preparation(**state) == fitted()


def test_large_numbers_with_small_differences_keep_them():
    train = frame(a=[1e12 + 1, 1e12 + 2, 1e12 + 3, 1e12 + 4], b=[0.0] * 4, c=["x"] * 4, d=["y"] * 4)
    assert fitted(train).compact(train)[:, 0].diff().tolist() == pytest.approx([0.894427] * 3, abs=1e-5)
