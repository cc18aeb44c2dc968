"""Verse made by a grammar over a small lexicon: what stands in for poems where there are none."""

from __future__ import annotations

import random
from collections.abc import Iterator

# Words of one character, by what they may do in a line; those of two are put together from them.
LEXICON = {
    "season": "春夏秋冬朝暮晴寒",
    "light": "日月星霞霜雪云烟雨露",
    "land": "山江溪湖石岸村城林野峰潭",
    "plant": "花柳松竹兰荷桃杏梅草",
    "bird": "莺燕雁鹤鸥鸦蝉蝶马鱼",
    "thing": "舟灯琴酒书钟笛门窗帘",
    "person": "客僧翁童君友渔樵",
    "colour": "青白红绿黄碧翠苍",
    "size": "远近高低深浅孤空古新",
    "motion": "飞归来去落入过渡穿随",
    "rest": "眠坐立宿卧停留倚",
    "deed": "听看寻问忆望对思",
    "number": "一两三千万几半百",
}
# A line is a row of parts of speech; both lines of a couplet follow the same one, with different words.
FIVE = [
    ["colour", "plant", "deed", "size", "light"],
    ["season", "light", "motion", "colour", "land"],
    ["size", "land", "number", "bird", "motion"],
    ["person", "deed", "season", "plant", "rest"],
    ["number", "thing", "rest", "size", "land"],
]
SEVEN = [
    ["number", "plant", "colour", "light", "motion", "size", "land"],
    ["season", "land", "size", "plant", "deed", "bird", "motion"],
    ["colour", "light", "size", "thing", "person", "deed", "rest"],
    ["size", "land", "number", "thing", "motion", "season", "light"],
    ["person", "motion", "colour", "land", "rest", "season", "plant"],
]


def couplets(count: int, seed: int = 0) -> Iterator[str]:
    """Yields `count` quatrains, each of two parallel couplets: half of 5 characters a line, half of 7."""
    chance = random.Random(seed)
    for number in range(count):
        patterns = chance.sample(FIVE if number % 2 else SEVEN, 2)
        yield "".join(_couplet(pattern, chance) for pattern in patterns)


def _couplet(pattern: list[str], chance: random.Random) -> str:
    pairs = [chance.sample(LEXICON[part], 2) for part in pattern]
    return "".join(first for first, _ in pairs) + "，" + "".join(second for _, second in pairs) + "。"
