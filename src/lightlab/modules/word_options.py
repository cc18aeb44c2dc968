"""The options of predict.py for word vectors; needs no torch, so that mistakes are reported before it is imported."""

import re

from lightlab.config.rules import Rule, Text, Whole
from lightlab.errors import UsageError

WORD_RULES: dict[str, Rule] = {"nearest": Text(), "analogy": Text(), "count": Whole(1, 1_000_000)}
_WORD = r"[^\s+-]+"
_SUM = re.compile(rf"\s*[+-]?\s*{_WORD}(\s*[+-]\s*{_WORD})+\s*")


def parse_words(text: str) -> list[str]:
    """``月亮,太阳`` → ``[月亮, 太阳]``; Chinese commas separate as well.

    Raises:
        UsageError: there is no word.
    """
    words = [word for word in re.split(r"[,，、\s]+", text) if word]
    if not words:
        raise UsageError(f"nearest={text}: must be a word, or several between commas, such as nearest=月亮,太阳")
    return words


def parse_terms(text: str) -> list[tuple[int, str]]:
    """``国王-男人+女人`` → ``[(1, 国王), (-1, 男人), (1, 女人)]``.

    Raises:
        UsageError: a sign without a word, a word without a sign, or fewer than two words.
    """
    if not _SUM.fullmatch(text):
        raise UsageError(f"analogy={text}: must be words joined by + and -, such as analogy=国王-男人+女人")
    return [(-1 if sign == "-" else 1, word) for sign, word in re.findall(rf"([+-]?)\s*({_WORD})", text)]
