import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score

from lightlab.data.csv_reader import CsvFormat
from lightlab.data.synthetic.bundled import generated_table, patients
from lightlab.data.synthetic.houses import houses
from lightlab.data.tables.raw_table import as_table, read_table


def test_houses_have_the_real_tables_shape_and_gaps():
    table = houses()
    assert table.shape == (1460, 81) and [table.columns[0], table.columns[-1]] == ["Id", "SalePrice"]
    missing = table.isna().sum()
    assert (missing > 0).sum() == 19 and 6000 < missing.sum() < 8000
    assert missing["PoolQC"] > 1430 and missing["LotFrontage"] > 200 and missing["Electrical"] < 6


def test_houses_have_the_real_tables_columns_kinds_and_categories(real_data):
    real = read_table(real_data / "house_prices" / "train.csv", CsvFormat()).frame
    ours = as_table(houses(), (), "here").frame
    assert list(ours) == list(real)
    for name in ours:
        assert isinstance(ours[name].dtype, pd.CategoricalDtype) == isinstance(real[name].dtype, pd.CategoricalDtype)
        if isinstance(ours[name].dtype, pd.CategoricalDtype):
            assert set(ours[name].cat.categories) <= set(real[name].cat.categories), name
        else:
            assert real[name].min() <= ours[name].min() and ours[name].max() <= 1.5 * real[name].max() + 200, name


def test_a_price_follows_from_the_house():
    table = houses()
    numbers = table.select_dtypes("number").drop(columns="Id").fillna(0)
    log = np.log(numbers.pop("SalePrice"))
    scaled = (numbers - numbers.mean()) / numbers.std()
    weights, *_ = np.linalg.lstsq(np.column_stack([scaled[:1000], np.ones(1000)]), log[:1000])
    error = np.column_stack([scaled[1000:], np.ones(460)]) @ weights - log[1000:]
    assert 0.1 < np.sqrt((error**2).mean()) < 0.2
    assert 50_000 < table["SalePrice"].median() < 250_000


def test_patients_are_as_hard_to_tell_as_the_real_ones():
    table = patients()
    assert table.shape == (768, 9) and 0.3 < (table.pop("class") == "tested_positive").mean() < 0.4
    scaled = (table - table.mean()) / table.std()
    accuracy = cross_val_score(LogisticRegression(), scaled, patients()["class"], cv=5).mean()
    assert 0.72 < accuracy < 0.82


@pytest.mark.parametrize("like", ["house_prices", "diabetes", "number", "binary", "class"])
def test_generated_tables_are_always_the_same(like):
    pd.testing.assert_frame_equal(generated_table(like), generated_table(like))
