import pytest

from lightlab.config.own_files import check_files
from lightlab.errors import UsageError

BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{name}: &{name} [{','.join([f'*{before}'] * 9)}]\n" for before, name in zip("abcdefg", "bcdefgh", strict=True)
)


@pytest.mark.parametrize(
    ("contents", "flaw"),
    [
        (b"a: 1\nb: [1,\n", "line 3: "),
        (b"- 1\n", "must be a mapping"),
        (b"a: \xff\n", "is not UTF-8 (byte 4)"),
        (b"a: \0\n", "unacceptable character"),
        (b"a: " + b"9" * 5000, "too many digits"),
        (b"a: &a [*a]\n", "contains itself"),
        (b"a: " + b"[" * 3000 + b"]" * 3000, "nested too deeply"),
        (BOMB.encode(), "its aliases (*name) stand for more than"),
    ],
    ids=["cut off", "list", "latin", "nul", "digits", "cycle", "deep", "bomb"],
)
def test_a_damaged_file_is_named(contents, flaw, tmp_path):
    path = tmp_path / "task" / "mine.yaml"
    path.parent.mkdir()
    path.write_bytes(contents)
    with pytest.raises(UsageError) as caught:
        check_files(tmp_path)
    assert str(path) in str(caught.value) and flaw in str(caught.value)
    path.write_text("a: &a [1]\nb: *a\n")
    check_files(tmp_path)
