import errno

import pytest

from lightlab.errors import DataError, UsageError, message_of, printable, reported, shortened


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


def refuse(error):
    raise error


@pytest.mark.parametrize(
    ("error", "code", "line"),
    [
        (UsageError("seed=x: no number"), 2, "error: seed=x: no number\n"),
        (DataError("a.csv: row 3"), 1, "error: a.csv: row 3\n"),
        (KeyError("x"), 1, "error: unexpected KeyError: 'x' ("),
        (MemoryError(), 1, "error: out of memory ("),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory"), 1, "error: out of memory ("),
        (RuntimeError("CUDA out of memory. Tried"), 1, "error: out of memory ("),
        (RecursionError("maximum"), 1, "error: a value or a file is nested too deeply ("),
        (PermissionError(errno.EACCES, "Permission denied", "a.txt"), 1, "error: a.txt: Permission denied ("),
        (OSError(errno.ENOSPC, "No space"), 1, "error: the disk is full"),
        (KeyboardInterrupt(), 130, "error: interrupted\n"),
        (BrokenPipeError(), 141, ""),
    ],
    ids=lambda value: type(value).__name__,
)
def test_every_exception_is_one_line_and_an_exit_code(error, code, line, capfd):
    with pytest.raises(SystemExit) as stopped, reported():
        refuse(error)
    printed = capfd.readouterr().err
    assert stopped.value.code == code and printed.startswith(line) and printed.count("\n") == bool(line)


def test_the_line_names_the_place_and_where_the_traceback_is(capfd):
    error = KeyError("x")
    error.kept_in = "runs/toy/traceback.txt"
    with pytest.raises(SystemExit), reported():
        refuse(error)
    printed = capfd.readouterr().err
    assert "test_errors.py:" in printed and printed.endswith("; traceback in runs/toy/traceback.txt\n")
    with pytest.raises(SystemExit), reported():
        refuse(KeyError("x"))
    assert capfd.readouterr().err.endswith("; LIGHTLAB_TRACEBACK=1 shows the traceback\n")


def test_a_traceback_is_shown_where_it_is_wanted(monkeypatch):
    monkeypatch.setenv("LIGHTLAB_TRACEBACK", "1")
    with pytest.raises(KeyError), reported():
        refuse(KeyError("x"))


def test_a_long_value_is_shown_by_its_ends():
    assert shortened("9" * 5000).startswith("999") and shortened("9" * 5000).endswith("9 (5000 characters)")
    assert shortened(10**5000) == "<int>"
