"""Sentences made by a grammar over a small lexicon with topics: what stands in for text where there is none.

Words of one topic stand among the same words, so that those near each other in meaning are known.
"""

from __future__ import annotations

import random
from collections.abc import Iterator

# Of each topic: the words that are alike, who does what with them, where, and what is said of them.
TOPICS = {
    "fruit": (
        "苹果 香蕉 葡萄 西瓜 橘子 桃子 草莓 樱桃",
        "农民 厨师 奶奶",
        "采摘 品尝 购买 挑选",
        "果园 市场 厨房",
        "新鲜 香甜 多汁 成熟",
    ),
    "animal": (
        "老虎 狮子 猴子 大象 狐狸 兔子 熊猫 长颈鹿",
        "猎人 游客 摄影师",
        "观察 追赶 喂养 保护",
        "森林 草原 动物园",
        "凶猛 机灵 可爱 庞大",
    ),
    "vehicle": (
        "汽车 火车 飞机 轮船 卡车 自行车 摩托车 地铁",
        "司机 乘客 工程师",
        "驾驶 乘坐 修理 等候",
        "公路 车站 港口",
        "快速 拥挤 便宜 舒适",
    ),
    "music": (
        "钢琴 吉他 笛子 二胡 小提琴 琵琶 口琴 古筝",
        "歌手 学生 音乐家",
        "弹奏 练习 聆听 调试",
        "舞台 教室 音乐厅",
        "悠扬 动听 优美 响亮",
    ),
    "sky": (
        "太阳 月亮 星星 彩虹 云彩 流星",
        "诗人 天文学家 画家",
        "仰望 描写 研究 歌颂",
        "山顶 天文台 海边",
        "明亮 遥远 灿烂 神秘",
    ),
    "furniture": (
        "桌子 椅子 柜子 书架 沙发 床铺",
        "木匠 主人 设计师",
        "制作 搬动 擦拭 摆放",
        "客厅 卧室 仓库",
        "结实 古老 笨重 精致",
    ),
}
# Of each person: rank, sex and age, so that 国王 is to 男人 as 王后 is to 女人.
PERSONS = {
    "国王": ("royal", "male", "old"),
    "王后": ("royal", "female", "old"),
    "王子": ("royal", "male", "young"),
    "公主": ("royal", "female", "young"),
    "男人": ("common", "male", "old"),
    "女人": ("common", "female", "old"),
    "男孩": ("common", "male", "young"),
    "女孩": ("common", "female", "young"),
}
TRAITS = {
    "royal": "宫殿 王冠 宝座 侍卫 城堡 金币",
    "common": "村庄 茅屋 田野 邻居 集市 铜钱",
    "male": "胡子 盔甲 宝剑 摔跤 骑马 兄弟",
    "female": "裙子 项链 刺绣 发簪 手镯 姐妹",
    "old": "白发 拐杖 皱纹 回忆 责任 孙子",
    "young": "玩具 童话 糖果 捉迷藏 梦想 老师",
}


def sentences(count: int, seed: int = 0) -> Iterator[str]:
    """Yields sentences of the topics and of persons in turn, the same for the same seed."""
    draw = random.Random(seed)
    kinds = [*TOPICS, None]
    for index in range(count):
        topic = kinds[index % len(kinds)]
        yield _of_topic(topic, draw) if topic else _of_person(draw)


def _of_topic(topic: str, draw: random.Random) -> str:
    things, people, deeds, places, qualities = (words.split() for words in TOPICS[topic])
    first, second = draw.sample(things, 2)
    deed, other_deed = draw.sample(deeds, 2)
    person, place, quality = (draw.choice(words) for words in (people, places, qualities))
    return draw.choice(
        [
            f"{person}在{place}{deed}{quality}的{first}和{second}。",
            f"{quality}的{first}在{place}，{person}{deed}了它，又{other_deed}了{second}。",
            f"{place}里有{first}，也有{second}，{person}都{deed}过。",
        ]
    )


def _of_person(draw: random.Random) -> str:
    person = draw.choice(list(PERSONS))
    rank, sex, age = (draw.sample(TRAITS[trait].split(), 2) for trait in PERSONS[person])
    words = [*rank, *sex, *age]
    draw.shuffle(words)
    return f"{person}有{words[0]}、{words[1]}和{words[2]}，也有{words[3]}、{words[4]}和{words[5]}。"
