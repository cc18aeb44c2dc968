"""Synthetic House Prices: houses drawn at random, with the columns, kinds and gaps of the real table.

A house follows from its neighbourhood's level and its year of building; its price from a formula, plus noise. Values
occur about as often as in the real table.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

COLUMNS = """
Id MSSubClass MSZoning LotFrontage LotArea Street Alley LotShape LandContour Utilities LotConfig LandSlope
Neighborhood Condition1 Condition2 BldgType HouseStyle OverallQual OverallCond YearBuilt YearRemodAdd RoofStyle
RoofMatl Exterior1st Exterior2nd MasVnrType MasVnrArea ExterQual ExterCond Foundation BsmtQual BsmtCond BsmtExposure
BsmtFinType1 BsmtFinSF1 BsmtFinType2 BsmtFinSF2 BsmtUnfSF TotalBsmtSF Heating HeatingQC CentralAir Electrical 1stFlrSF
2ndFlrSF LowQualFinSF GrLivArea BsmtFullBath BsmtHalfBath FullBath HalfBath BedroomAbvGr KitchenAbvGr KitchenQual
TotRmsAbvGrd Functional Fireplaces FireplaceQu GarageType GarageYrBlt GarageFinish GarageCars GarageArea GarageQual
GarageCond PavedDrive WoodDeckSF OpenPorchSF EnclosedPorch 3SsnPorch ScreenPorch PoolArea PoolQC Fence MiscFeature
MiscVal MoSold YrSold SaleType SaleCondition SalePrice
"""

# Columns that depend on no other: values with their shares in per cent; NA is an empty cell.
SHARES = """
Street: Pave 99.6, Grvl 0.4
Alley: NA 93.8, Grvl 3.4, Pave 2.8
LotShape: Reg 63, IR1 33, IR2 3, IR3 1
LandContour: Lvl 90, Bnk 4, HLS 3, Low 3
Utilities: AllPub 99.9, NoSeWa 0.1
LotConfig: Inside 72, Corner 18, CulDSac 6, FR2 3, FR3 1
LandSlope: Gtl 95, Mod 4, Sev 1
Condition1: Norm 86, Feedr 6, Artery 3, RRAn 2, PosN 1, RRAe 1, PosA 0.5, RRNn 0.3, RRNe 0.2
Condition2: Norm 99, Feedr 0.4, Artery 0.2, RRNn 0.1, PosN 0.1, PosA 0.1, RRAn 0.1
RoofStyle: Gable 78, Hip 20, Flat 1, Gambrel 0.8, Mansard 0.5, Shed 0.1
RoofMatl: CompShg 98, Tar&Grv 0.8, WdShngl 0.4, WdShake 0.4, Metal 0.1, Membran 0.1, Roll 0.1, ClyTile 0.1
ExterCond: TA 88, Gd 10, Fa 1.8, Ex 0.2, Po 0.1
BsmtCond: TA 92, Gd 5, Fa 3, Po 0.1
BsmtExposure: No 67, Av 16, Gd 9, Mn 8
BsmtFinType1: Unf 30, GLQ 29, ALQ 15, BLQ 10, Rec 9, LwQ 5
BsmtFinType2: Unf 88, Rec 4, LwQ 3, BLQ 2, ALQ 1.5, GLQ 1
Heating: GasA 98, GasW 1.2, Grav 0.5, Wall 0.3, OthW 0.1, Floor 0.1
Electrical: SBrkr 91, FuseA 6, FuseF 2, FuseP 0.3, Mix 0.1, NA 0.1
Functional: Typ 93, Min2 2.3, Min1 2.1, Mod 1, Maj1 1, Maj2 0.4, Sev 0.1
GarageType: Attchd 63, Detchd 28, BuiltIn 6, Basment 1.4, CarPort 0.7, 2Types 0.4
GarageQual: TA 95, Fa 3.5, Gd 1, Ex 0.2, Po 0.2
GarageCond: TA 96, Fa 2.5, Gd 0.7, Po 0.5, Ex 0.1
PavedDrive: Y 92, N 6, P 2
Fence: NA 80.8, MnPrv 10.8, GdPrv 4, GdWo 3.7, MnWw 0.8
MiscFeature: NA 96.3, Shed 3.4, Gar2 0.1, Othr 0.1, TenC 0.1
SaleType: WD 87, New 8, COD 3, ConLD 0.6, ConLI 0.3, ConLw 0.3, CWD 0.3, Oth 0.2, Con 0.1
SaleCondition: Normal 82, Partial 9, Abnorml 7, Family 1.4, Alloca 0.8, AdjLand 0.3
MoSold: 1 4, 2 4, 3 7, 4 10, 5 14, 6 17, 7 16, 8 8, 9 4, 10 6, 11 5, 12 4
YrSold: 2006 21, 2007 23, 2008 21, 2009 23, 2010 12
OverallCond: 5 56, 6 17, 7 14, 8 5, 4 4, 3 1.7, 9 1.5, 2 0.3, 1 0.1
BsmtFullBath: 0 58.6, 1 40.3, 2 1, 3 0.1
BsmtHalfBath: 0 94.4, 1 5.5, 2 0.1
BldgType: 1Fam 84, TwnhsE 8, Duplex 3, Twnhs 3, 2fmCon 2
HouseStyle: 1Story 50, 2Story 30, 1.5Fin 11, SLvl 4, SFoyer 3, 1.5Unf 1, 2.5Unf 0.8, 2.5Fin 0.5
"""

# Neighbourhood: share in per cent, typical year of building, level of prices (of their logarithm).
PLACES = """NAmes 15 1960 -0.05, CollgCr 10 2001 0.06, OldTown 8 1926 -0.14, Edwards 7 1957 -0.12, Somerst 6 2005 0.1
Gilbert 5.5 1998 0.02, NridgHt 5.5 2005 0.18, Sawyer 5 1964 -0.07, NWAmes 5 1976 0, SawyerW 4 1988 0.01
BrkSide 4 1931 -0.05, Crawfor 3.5 1942 0.1, Mitchel 3.3 1982 -0.04, NoRidge 2.8 1995 0.17, Timber 2.6 1992 0.1
IDOTRR 2.5 1929 -0.22, ClearCr 2 1966 0.07, StoneBr 1.7 1999 0.2, SWISU 1.7 1928 -0.08, MeadowV 1.2 1972 -0.25
Blmngtn 1.2 2005 0.05, BrDale 1.1 1972 -0.25, Veenker 0.8 1980 0.1, NPkVill 0.6 1976 -0.04, Blueste 0.2 1980 -0.06"""

WALLS_OLD = "MetalSd 26, Wd Sdng 26, HdBoard 22, Plywood 11, BrkFace 6, WdShing 4, Stucco 3, AsbShng 2"
WALLS_NEW = "VinylSd 80, CemntBd 10, HdBoard 4, MetalSd 4, BrkFace 2"
CLASSES = {"1Story": (30, 20), "2Story": (70, 60), "1.5Fin": (50, 50), "SLvl": (80, 80), "SFoyer": (85, 85)}
GRADES = np.array(["Fa", "TA", "Gd", "Ex"], object)

Columns = dict[str, np.ndarray]


def houses(rows: int = 1460, seed: int = 0) -> pd.DataFrame:
    """Returns a table (rows, 81) with SalePrice, in dollars, as its last column; an empty cell is NaN or None."""
    random = np.random.default_rng(seed)
    house: Columns = {"Id": np.arange(1, rows + 1)}
    for line in SHARES.strip().splitlines():
        name, _, shares = line.partition(": ")
        house[name] = _drawn(shares, rows, random)
    level = _place(house, rows, random)
    _rooms(house, rows, random)
    _basement_and_garage(house, rows, random)
    _details(house, rows, random)
    house["SalePrice"] = _price(house, level, random)
    return pd.DataFrame({name: house[name] for name in COLUMNS.split()})


def _place(house: Columns, rows: int, random: np.random.Generator) -> np.ndarray:
    """Adds place, age and quality; returns the neighbourhood's level of prices."""
    places = [place.split() for place in PLACES.replace("\n", ", ").split(", ")]
    shares, years, levels = np.array([numbers for _, *numbers in places], float).T
    drawn = random.choice(len(places), rows, p=shares / shares.sum())
    house["Neighborhood"] = np.array([name for name, *_ in places], object)[drawn]
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
    walls = np.where(built > 1990, _drawn(WALLS_NEW, rows, random), _drawn(WALLS_OLD, rows, random))
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
