import pytest

from lightlab.errors import DataError, message_of, printable


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("春\t1\n2", "春\t1\n2"),
        ("\x1b[2J", "\\x1b[2J"),
        ("a\rb\x00\x9b", "a\\rb\\x00\\x9b"),
        ("\u202egnp.exe", "\\u202egnp.exe"),
        ("\udcff", "\\udcff"),
        ("👩\u200d👩", "👩\u200d👩"),
    ],
)
def test_only_what_commands_a_terminal_is_escaped(text, shown):
    assert printable(text) == shown


def test_a_message_holds_no_control_characters_and_a_long_value_does_not_hide_its_end():
    message = message_of(DataError(f"input={'9' * 5000}\n\x1b[1m: expected is a number"))
    assert message.endswith("9 \\x1b[1m: expected is a number") and len(message) < 200
