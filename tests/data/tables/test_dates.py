import pandas as pd
import pytest

from lightlab.data.tables.dates import date_orders, with_dates
from lightlab.data.tables.raw_table import as_table
from lightlab.errors import DataError


def table(*days, **columns):
    return as_table(pd.DataFrame({"day": days, **columns}, dtype=object), {"day"}, "my.csv")


def test_a_date_becomes_year_month_and_weekday():
    days = table("31.12.2024", None, "2024-02-05 12:30")
    frame = with_dates(days, date_orders(days, ["day"])).frame
    assert frame["day.year"].tolist()[::2] == [2024, 2024] and frame["day.month"].tolist()[::2] == [12, 2]
    assert frame["day.weekday"].tolist()[::2] == [1, 0] and frame.iloc[1, 1:].isna().all()


def test_what_is_no_date_is_refused_by_row():
    with pytest.raises(DataError, match=r"my\.csv, column day, row 2: '2024-02-30'; a date such as 2024-01-31"):
        with_dates(table("2024-02-29", "2024-02-30"), {"day": "ymd"})


def test_day_and_month_that_cannot_be_told_apart_are_refused():
    with pytest.raises(DataError, match="'01/02/2024' may be day or month first"):
        date_orders(table("01/02/2024", "03/03/2024"), ["day"])
    assert date_orders(table("01/02/2024", "03/13/2024"), ["day"]) == {"day": "mdy"}


def test_a_column_of_the_same_name_is_in_the_way():
    with pytest.raises(DataError, match=r"column day\.year is in the way"):
        with_dates(table("2024-01-31", **{"day.year": [1]}), {"day": "ymd"})
