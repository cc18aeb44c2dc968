"""What word vectors are asked; no torch, so that a slip is answered before it is imported."""

from __future__ import annotations

import re

from lightlab.config.rules import Rule, Text, Whole
from lightlab.errors import UsageError

# The options of predict.py that ask for words, and what each takes.
WORD_RULES: dict[str, Rule] = {"nearest": Text(), "analogy": Text(), "count": Whole(1, 1_000_000)}
_TERM = re.compile(r"\s*([+-]?)\s*([^\s+-]+)\s*")


def parse_words(text: str) -> list[str]:
    """``月亮,太阳`` → ``[月亮, 太阳]``; Chinese commas do too.

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
    terms: list[tuple[int, str]] = []
    position = 0
    while position < len(text):
        found = _TERM.match(text, position)
        if not found or (terms and not found[1]):
            break
        terms.append((-1 if found[1] == "-" else 1, found[2]))
        position = found.end()
    if position < len(text) or len(terms) < 2:
        raise UsageError(f"analogy={text}: must be words joined by + and -, such as analogy=国王-男人+女人")
    return terms
