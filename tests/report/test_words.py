"""Every English text of the report has its Chinese, and every Chinese text is still said."""

import re
import string

import yaml

from lightlab.report.words import CHINESE, speaker

WORDS = yaml.safe_load(CHINESE.read_text(encoding="utf-8"))
FOLDER = CHINESE.parents[1]
SOURCE = "\n".join(
    path.read_text(encoding="utf-8") for path in [*FOLDER.glob("*.py"), *FOLDER.glob("templates/*.[hsm]*")]
)
JOINED = re.sub(r'"\s*\n\s*"', "", SOURCE)  # a text over several lines


def test_every_text_that_is_said_has_its_chinese():
    said = re.findall(r"""say\(\s*(["'])(.+?)\1[,)]""", JOINED)
    assert len(said) > 40
    assert [text for _, text in said if text not in WORDS] == []


def test_every_chinese_text_is_still_said():
    said = JOINED.replace("{path.name}", "metrics.json")
    files = [text for text in WORDS if "cannot be read: cut" in text]
    assert len(files) == 4
    assert [text for text in WORDS if text not in said and text not in files] == []


def test_both_languages_take_the_same_values():
    def names(text):
        return {name for _, name, _, _ in string.Formatter().parse(text) if name}

    assert [text for text, chinese in WORDS.items() if names(text) != names(chinese)] == []


def test_values_are_not_read_as_templates():
    assert speaker("zh")("All {n} runs", n="{n}") == "全部 {n} 次运行"
