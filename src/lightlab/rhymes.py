"""Which characters rhyme, as they are read today."""

from __future__ import annotations

from collections.abc import Sequence

from lightlab.errors import UsageError

# Finals that rhyme, after the fourteen classes of the New Chinese Rhymes (中华新韵).
_CLASSES = [
    ["a", "ia", "ua"],
    ["o", "e", "uo"],
    ["ie", "ve", "ê"],
    ["ai", "uai"],
    ["ei", "uei"],
    ["ao", "iao"],
    ["ou", "iou"],
    ["an", "ian", "uan", "van"],
    ["en", "in", "uen", "vn"],
    ["ang", "iang", "uang"],
    ["eng", "ing", "ueng", "ong", "iong"],
    ["i", "er", "v"],
    ["-i"],
    ["u"],
]
_CLASS = {final: number for number, finals in enumerate(_CLASSES) for final in finals}
_BUZZING = {"zh", "ch", "sh", "r", "z", "c", "s"}  # behind which an i is another vowel


def rhyme_groups(tokens: Sequence[str]) -> list[int]:
    """For each token the number of its rhyme, level and oblique tones apart; -1 for what has none.

    Raises:
        UsageError: the package that knows how characters are read is not installed.
    """
    try:
        from pypinyin import Style, pinyin
    except ImportError:
        raise UsageError("rhyme=true needs the package pypinyin, an extra: pip install -e '.[rhymes]'") from None

    def read(token: str, style: Style) -> str:
        return pinyin(token, style=style, errors="ignore")[0][0] if pinyin(token, errors="ignore") else ""

    groups = []
    for token in tokens:
        final = read(token, Style.FINALS_TONE3) if len(token) == 1 else ""
        vowel, tone = final.rstrip("1234"), final[-1:]
        if vowel == "i" and read(token, Style.INITIALS) in _BUZZING:
            vowel = "-i"
        number = _CLASS.get(vowel)
        groups.append(-1 if number is None else 2 * number + (tone in ("3", "4")))
    return groups
