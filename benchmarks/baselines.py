"""Scores of scikit-learn's models on the rows that lightlab's tasks use.

    python -m benchmarks.baselines --data-dir data

House prices: log-RMSE on the 20 % of rows that `train_test_split(random_state=42)` holds out. Diabetes: accuracy over
10 times 10 folds, the same as those of ``folds=10 fold_repeats=10 data.test_fraction=0``.
"""

import argparse
from pathlib import Path
from statistics import fmean, stdev

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator
from sklearn.compose import ColumnTransformer, make_column_selector
from sklearn.ensemble import GradientBoostingRegressor, RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, RidgeCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from lightlab.data.splits import Fold, cut_rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data-dir", type=Path, default=Path("data"))
    folder = parser.parse_args().data_dir
    table = pd.read_csv(folder / "house_prices" / "train.csv", index_col="Id")
    for name, model in {"ridge": RidgeCV(np.logspace(-1, 3, 9)), "gradient-boosted trees": _trees()}.items():
        print(f"house_prices  {name:24} log-RMSE {house_prices(table, model):.4f}")
    rows = pd.read_csv(folder / "diabetes" / "diabetes.csv.gz", header=None).to_numpy()
    forest = RandomForestClassifier(500, min_samples_leaf=5, random_state=0, n_jobs=-1)
    for name, model in {"logistic regression": LogisticRegression(), "random forest": forest}.items():
        scores = diabetes(rows, model)
        means = [fmean(scores[start : start + 10]) for start in range(0, 100, 10)]
        print(
            f"diabetes      {name:24} accuracy {fmean(scores):.4f} ± {stdev(scores):.4f} (of means {stdev(means):.4f})"
        )


def house_prices(table: pd.DataFrame, model: BaseEstimator) -> float:
    """Returns √mean((ln ŷ − ln y)²) on the test rows, with the model fitted to ln y."""
    features, target = table.drop(columns="SalePrice"), np.log(table["SalePrice"].to_numpy())
    numbers = make_pipeline(SimpleImputer(), StandardScaler())
    texts = make_pipeline(SimpleImputer(strategy="constant", fill_value="NaN"), OneHotEncoder(handle_unknown="ignore"))
    numeric = make_column_selector(dtype_include="number")
    columns = ColumnTransformer([("numbers", numbers, numeric)], remainder=texts, sparse_threshold=0)
    cut = cut_rows(len(table), 0.2, 0.0)
    fitted = make_pipeline(columns, model).fit(features.iloc[cut["train"]], target[cut["train"]])
    return float(np.sqrt(np.mean((fitted.predict(features.iloc[cut["test"]]) - target[cut["test"]]) ** 2)))


def diabetes(rows: np.ndarray, model: BaseEstimator) -> list[float]:
    """Returns the accuracy of each of 100 folds, repeat by repeat."""
    features, labels = rows[:, :-1], 1 - rows[:, -1]
    scores = []
    for repeat in range(10):
        for index in range(10):
            cut = cut_rows(len(rows), 0.0, 0.0, labels, Fold(index, 10, repeat))
            scores.append(
                model.fit(features[cut["train"]], labels[cut["train"]]).score(
                    features[cut["test"]], labels[cut["test"]]
                )
            )
    return scores


def _trees() -> GradientBoostingRegressor:
    return GradientBoostingRegressor(
        n_estimators=400, learning_rate=0.05, subsample=0.7, max_features=0.2, random_state=0
    )


if __name__ == "__main__":
    main()
