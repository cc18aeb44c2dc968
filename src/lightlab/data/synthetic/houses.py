"""Synthetic House Prices: houses drawn at random, with the columns, kinds and gaps of the real table.

A house follows from its neighbourhood's level and its year of building; its price from a formula, plus noise. Values
occur about as often as in the real table.
"""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml

TABLE: dict[str, Any] = yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text(encoding="utf-8"))
CLASSES = {"1Story": (30, 20), "2Story": (70, 60), "1.5Fin": (50, 50), "SLvl": (80, 80), "SFoyer": (85, 85)}
GRADES = np.array(["Fa", "TA", "Gd", "Ex"], object)

Columns = dict[str, np.ndarray]


def houses(rows: int = 1460, seed: int = 0) -> pd.DataFrame:
    """Returns a table (rows, 81) with SalePrice, in dollars, as its last column; an empty cell is NaN or None."""
    random = np.random.default_rng(seed)
    house: Columns = {"Id": np.arange(1, rows + 1)}
    for name, shares in TABLE["shares"].items():
        house[name] = _drawn(shares, rows, random)
    level = _place(house, rows, random)
    _rooms(house, rows, random)
    _basement_and_garage(house, rows, random)
    _details(house, rows, random)
    house["SalePrice"] = _price(house, level, random)
    return pd.DataFrame({name: house[name] for name in TABLE["columns"].split()})


def _place(house: Columns, rows: int, random: np.random.Generator) -> np.ndarray:
    """Adds place, age and quality; returns the neighbourhood's level of prices."""
    places = TABLE["neighbourhoods"]
    shares, years, levels = np.array(list(places.values()), float).T
    drawn = random.choice(len(places), rows, p=shares / shares.sum())
    house["Neighborhood"] = np.array(list(places), object)[drawn]
    built = (years[drawn] + random.normal(0, 7, rows)).round().clip(1872, house["YrSold"])
    renewed = np.where(random.random(rows) < 0.5, built, random.uniform(built, 2010).round())
    house["YearBuilt"], house["YearRemodAdd"] = built.astype(int), renewed.clip(1950, 2010).astype(int)
    quality = 6.1 + 4 * levels[drawn] + 0.015 * (built - 1972) + random.normal(0, 0.9, rows)
    house["OverallQual"] = quality.round().clip(1, 10).astype(int)
    zones = _drawn("RL 90, RM 8, RH 2", rows, random)
    zones[built < 1945] = _drawn("RM 62, RL 33, C (all) 5", rows, random)[built < 1945]
    house["MSZoning"] = np.where(house["Neighborhood"] == "Somerst", "FV", zones)
    return levels[drawn]


def _rooms(house: Columns, rows: int, random: np.random.Generator) -> None:
    """Adds rooms and areas, in square feet."""
    good = house["OverallQual"] - 6
    area = np.exp(random.normal(7.24 + 0.1 * good, 0.25, rows)).clip(334, 5000)
    upper = np.isin(house["HouseStyle"], ["2Story", "1.5Fin", "2.5Fin", "2.5Unf"])
    house["2ndFlrSF"] = np.where(upper, area * random.uniform(0.35, 0.52, rows), 0).astype(int)
    house["LowQualFinSF"] = _sometimes(0.02, random.uniform(50, 570, rows), random)
    house["1stFlrSF"] = (area - house["2ndFlrSF"]).astype(int)
    house["GrLivArea"] = house["1stFlrSF"] + house["2ndFlrSF"] + house["LowQualFinSF"]
    house["BedroomAbvGr"] = (area / 700 + 0.7 + random.normal(0, 0.6, rows)).round().clip(0, 8).astype(int)
    house["KitchenAbvGr"] = np.where(house["BldgType"] == "Duplex", 2, 1)
    house["TotRmsAbvGrd"] = (house["BedroomAbvGr"] + 1.6 + area / 800).round().astype(int)
    house["FullBath"] = (area / 1300 + 0.2 * good + random.normal(0.45, 0.3, rows)).round().clip(1, 3).astype(int)
    house["HalfBath"] = np.where(upper, random.random(rows) < 0.7, random.random(rows) < 0.15).astype(int)
    house["LotArea"] = np.exp(random.normal(9.0 + 0.3 * (house["BldgType"] == "1Fam"), 0.4, rows)).astype(int)
    frontage = (np.sqrt(house["LotArea"]) * random.normal(0.71, 0.12, rows)).round().clip(21, 313)
    house["LotFrontage"] = np.where(random.random(rows) < 0.177, np.nan, frontage)
    modern = house["YearBuilt"] > 1945
    codes = [CLASSES.get(style, (75, 75))[int(old)] for style, old in zip(house["HouseStyle"], ~modern, strict=True)]
    codes = [20 if code == 30 and new else 30 if code == 20 else code for code, new in zip(codes, modern, strict=True)]
    house["MSSubClass"] = np.where(
        house["BldgType"] == "1Fam", codes, _drawn("120 50, 160 30, 90 15, 190 5", rows, random)
    )


def _basement_and_garage(house: Columns, rows: int, random: np.random.Generator) -> None:
    area, quality, built = house["1stFlrSF"], house["OverallQual"], house["YearBuilt"]
    none = random.random(rows) < 0.025
    total = np.where(none, 0, area * random.uniform(0.75, 1.05, rows)).astype(int)
    for name in ("BsmtCond", "BsmtExposure", "BsmtFinType1", "BsmtFinType2"):
        house[name] = _empty(house[name], none)
    house["BsmtQual"] = _empty(_graded(quality + (built - 1970) / 40, 0.6, random), none)
    bare = none | (house["BsmtFinType1"] == "Unf")
    house["BsmtFinSF1"] = np.where(bare, 0, total * random.uniform(0.2, 0.9, rows)).astype(int)
    bare = none | (house["BsmtFinType2"] == "Unf")
    house["BsmtFinSF2"] = np.where(bare, 0, (total - house["BsmtFinSF1"]) * 0.6).astype(int)
    house["BsmtUnfSF"], house["TotalBsmtSF"] = total - house["BsmtFinSF1"] - house["BsmtFinSF2"], total
    cars = (0.3 * quality + (built - 1970) / 60 + random.normal(0, 0.5, rows)).round().clip(1, 4)
    without = random.random(rows) < 0.055
    house["GarageCars"] = np.where(without, 0, cars).astype(int)
    house["GarageArea"] = (house["GarageCars"] * random.normal(265, 30, rows)).astype(int)
    house["GarageYrBlt"] = np.where(without, np.nan, np.where(random.random(rows) < 0.8, built, house["YearRemodAdd"]))
    finish = np.select([quality + random.normal(0, 1.2, rows) > limit for limit in (7.2, 5.9)], ["Fin", "RFn"], "Unf")
    house["GarageFinish"] = _empty(finish.astype(object), without)
    for name in ("GarageType", "GarageQual", "GarageCond"):
        house[name] = _empty(house[name], without)


def _details(house: Columns, rows: int, random: np.random.Generator) -> None:
    quality, built = house["OverallQual"], house["YearBuilt"]
    house["ExterQual"] = _graded(quality, 0.5, random)
    house["KitchenQual"] = _graded(quality + 0.3, 0.7, random)
    house["HeatingQC"] = _graded(quality + (house["YearRemodAdd"] - 1975) / 12, 1.0, random)
    house["CentralAir"] = np.where((built < 1945) & (random.random(rows) < 0.3), "N", "Y")
    base = np.select([built > 1988, built > 1942], ["PConc", "CBlock"], "BrkTil")
    house["Foundation"] = np.where(random.random(rows) < 0.03, "Slab", base)
    walls = np.where(
        built > 1990,
        _drawn(TABLE["walls"]["after_1990"], rows, random),
        _drawn(TABLE["walls"]["before_1990"], rows, random),
    )
    second = np.array([{"CemntBd": "CmentBd", "WdShing": "Wd Shng"}.get(wall, wall) for wall in walls], object)
    house["Exterior1st"] = walls
    house["Exterior2nd"] = np.where(random.random(rows) < 0.12, "Plywood", second)
    clad = _drawn("BrkFace 77, Stone 21, BrkCmn 2", rows, random)
    clad = np.where(random.random(rows) < 0.08 * quality - 0.08, clad, "None")
    clad = _empty(clad, random.random(rows) < 0.005)
    area = np.where(clad == "None", 0, random.gamma(2, 120, rows).round())
    house["MasVnrType"], house["MasVnrArea"] = clad, np.where(pd.isna(clad), np.nan, area)
    house["Fireplaces"] = random.binomial(2, (0.08 * quality - 0.2).clip(0, 0.7))
    house["FireplaceQu"] = _empty(_graded(quality + 0.4, 0.8, random), house["Fireplaces"] == 0)
    for name, share, typical in (
        ("WoodDeckSF", 0.48, 190),
        ("OpenPorchSF", 0.55, 80),
        ("EnclosedPorch", 0.14, 150),
        ("3SsnPorch", 0.02, 200),
        ("ScreenPorch", 0.08, 190),
        ("PoolArea", 0.005, 550),
    ):
        house[name] = _sometimes(share, random.gamma(4, typical / 4, rows), random)
    house["PoolQC"] = _empty(_drawn("Gd 43, Ex 29, Fa 28", rows, random), house["PoolArea"] == 0)
    house["MiscVal"] = np.where(pd.isna(house["MiscFeature"]), 0, random.gamma(2, 300, rows)).astype(int)


def _price(house: Columns, level: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Returns dollars; their logarithm sums up sizes, quality, age, place, condition and noise of 0.11."""
    log = 12.03 + 0.09 * (house["OverallQual"] - 6) + level + 0.45 * np.log(house["GrLivArea"] / 1460)
    log += 0.0022 * (house["YearBuilt"] - 1972) + 0.001 * (house["YearRemodAdd"] - 1985)
    log += 0.00011 * (house["TotalBsmtSF"] - 1000) + 0.00008 * (house["BsmtFinSF1"] - 440)
    log += 0.09 * np.log(house["LotArea"] / 9500) + 0.045 * (house["OverallCond"] - 5.6)
    log += 0.05 * (house["GarageCars"] - 1.8) + 0.04 * (house["Fireplaces"] - 0.6)
    log += 0.05 * (house["CentralAir"] == "Y") + 0.03 * (house["KitchenQual"] == "Ex") - 0.1 * house["KitchenAbvGr"]
    log += 0.08 * (house["SaleType"] == "New") - 0.12 * (house["SaleCondition"] == "Abnorml")
    log -= 0.25 * (house["MSZoning"] == "C (all)") + 0.08 * np.isin(house["Condition1"], ["Artery", "Feedr"])
    noise = random.normal(0, 0.11, len(log)) + (random.random(len(log)) < 0.01) * random.normal(0, 0.4, len(log))
    return (np.exp(log + noise) / 100).round().astype(int) * 100


def _drawn(shares: str, rows: int, random: np.random.Generator) -> np.ndarray:
    """Draws from values such as ``Pave 99.6, Grvl 0.4``: numbers, or objects with None for NA."""
    pairs = [pair.rpartition(" ") for pair in shares.split(", ")]
    weights = np.array([float(share) for _, _, share in pairs])
    names = [None if name == "NA" else name for name, _, _ in pairs]
    whole = all(name and name.isdecimal() for name in names)
    values = np.array([int(name or 0) for name in names]) if whole else np.array(names, object)
    return values[random.choice(len(values), rows, p=weights / weights.sum())]


def _graded(quality: np.ndarray, spread: float, random: np.random.Generator) -> np.ndarray:
    """Grades quality from 1 to 10 as Fa, TA, Gd or Ex, with some noise."""
    felt = quality + random.normal(0, spread, len(quality))
    return GRADES[np.digitize(felt, [3.6, 6.5, 8.6])]


def _sometimes(share: float, values: np.ndarray, random: np.random.Generator) -> np.ndarray:
    return np.where(random.random(len(values)) < share, values, 0).astype(int)


def _empty(values: np.ndarray, where: np.ndarray) -> np.ndarray:
    emptied = values.astype(object)
    emptied[where] = None
    return emptied
