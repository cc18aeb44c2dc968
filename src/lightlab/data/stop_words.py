"""Chinese words that say little of what a text is about: pronouns, particles, prepositions, conjunctions."""

from __future__ import annotations

from pathlib import Path

from lightlab.data.corpus import read_texts
from lightlab.errors import DataError

MODERN = """
的 地 得 了 着 过 吗 呢 吧 啊 呀 嘛 我 你 您 他 她 它 我们 你们 他们 她们 它们 自己 大家 这 那 这个
那个 这些 那些 这里 那里 这样 那样 这么 那么 哪 哪里 什么 怎么 怎样 谁 多少 几 是 在 有 和 与 或
或者 以及 及 而 而且 并 并且 但 但是 可是 不过 然而 虽然 因为 所以 因此 如果 要是 就 都 也 还 又 再
才 只 很 太 更 最 非常 不 没 没有 别 把 被 让 使 给 对 对于 关于 从 到 向 往 于 由 以 为 为了 按
按照 根据 通过 之 所 等 等等 一个 一些 个 些 能 会 可以 可能 应该 要 想 将 正在 已经 曾经 来 去 上
下 里 中 内 外
"""
CLASSICAL = """
之 乎 者 也 矣 焉 哉 耶 邪 欤 兮 夫 盖 其 厥 彼 此 斯 兹 是 吾 余 予 汝 尔 若 乃 则 即 且 而 以 于
与 因 所 虽 然 故 苟 亦 又 复 犹 尚 既 已 将 方 岂 宁 何 曷 胡 孰 奚 安 为 不 弗 勿 毋 莫 未 非 无
有 在 皆 咸 俱 但 惟 唯 遂 应 须 可 却 被 把 更 还 曾 自 相
"""


def stop_words(source: str) -> frozenset[str]:
    """The words to leave out: ``builtin``, ``none``, or those of a file, one a line; a line that begins with # is none.

    Raises:
        DataError: no such file, or not text.
    """
    if source == "none":
        return frozenset()
    if source == "builtin":
        return frozenset((MODERN + CLASSICAL).split())
    path = Path(source).expanduser()
    if not path.is_file():
        raise DataError(f"data.stop_words={source}: no such file; name one with a word a line, or builtin, or none")
    return frozenset(line for line in read_texts([path]) if not line.startswith("#"))
