"""Every English text of the report has its Chinese, and every Chinese text is still used."""

import re
import string

import yaml

from lightlab.report.formatting import CHINESE, translator

WORDS = yaml.safe_load(CHINESE.read_text(encoding="utf-8"))
FOLDER = CHINESE.parents[1]
RESULTS = FOLDER.parent / "runs" / "results.py"  # notes on metrics.csv
SOURCE = "\n".join(
    path.read_text(encoding="utf-8") for path in [*FOLDER.glob("*.py"), *FOLDER.glob("templates/*.[hsm]*"), RESULTS]
)
JOINED = re.sub(r'"\s*\n\s*"', "", SOURCE)  # a text over several lines


def test_every_text_has_its_chinese():
    texts = [text for _, text in re.findall(r"""translate\(\s*(["'])(.+?)\1[,)]""", JOINED)]
    assert len(texts) > 40
    assert [text for text in texts if text not in WORDS] == []


def test_every_chinese_text_is_still_used():
    files = [text for text in WORDS if "cannot be read: cut off" in text]
    assert len(files) == 4
    assert [text for text in WORDS if text not in JOINED and text not in files] == []


def test_both_languages_take_the_same_values():
    def names(text):
        return {name for _, name, _, _ in string.Formatter().parse(text) if name}

    assert [text for text, chinese in WORDS.items() if names(text) != names(chinese)] == []


def test_values_are_not_read_as_templates():
    assert translator("zh")("All {n} runs", n="{n}") == "全部 {n} 次运行"
