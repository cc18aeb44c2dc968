import sqlite3

import pytest

from lightlab.errors import UsageError
from lightlab.sweeps.search import storage


def test_a_locked_file_is_said_after_a_wait(tmp_path, monkeypatch):
    storage.connect(f"sqlite:///{tmp_path}/study.db")
    monkeypatch.setattr(storage, "LOCK_SECONDS", 0.1)
    holder = sqlite3.connect(tmp_path / "study.db")
    holder.execute("BEGIN EXCLUSIVE")
    with pytest.raises(UsageError, match=r"study\.db: locked by another process for more than 0\.1 s"):
        storage.connect(f"sqlite:///{tmp_path}/study.db")
    holder.close()


def test_a_file_that_is_no_database_is_refused_and_kept(tmp_path):
    (tmp_path / "notes.db").write_text("what I did on my holidays\n" * 100)
    with pytest.raises(UsageError, match=r"notes\.db: not a study's file, or a damaged one"):
        storage.connect(f"sqlite:///{tmp_path}/notes.db")
    assert (tmp_path / "notes.db").read_text().startswith("what I did")


def test_another_programs_database_is_left_as_it_is(tmp_path):
    other = sqlite3.connect(tmp_path / "shop.db")
    other.execute("CREATE TABLE orders (number INTEGER)")
    other.commit()
    with pytest.raises(UsageError, match=r"holds other tables \(orders\) and no study"):
        storage.connect(f"sqlite:///{tmp_path}/shop.db")
    assert other.execute("SELECT name FROM sqlite_master").fetchall() == [("orders",)]
    other.close()


@pytest.mark.parametrize("part", ["TRIGGER t AFTER INSERT ON trials BEGIN SELECT 1; END", "VIEW v AS SELECT 1"])
def test_a_file_with_sql_of_its_own_is_refused(tmp_path, part):
    url = f"sqlite:///{tmp_path}/study.db"
    storage.connect(url)
    with sqlite3.connect(tmp_path / "study.db") as connection:
        connection.execute(f"CREATE {part}")
    connection.close()
    with pytest.raises(UsageError, match=r"holds (trigger t|view v), which no study has"):
        storage.connect(url)


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("study.db", "no database's address; write sqlite:///FILE.db"),
        ("sqlite:///:memory:", "in memory"),
        ("oracel://somewhere/x", "oracel"),
        ("sqlite:////proc/none/study.db", "none"),
    ],
)
def test_an_address_that_leads_nowhere_is_said_in_one_line(url, message):
    with pytest.raises(UsageError, match=message):
        storage.connect(url)


def test_a_relative_file_is_the_same_from_every_folder(tmp_path):
    assert storage.absolute("sqlite:///study.db") == f"sqlite:///{tmp_path}/study.db"


def test_messages_show_no_password():
    assert "secret" not in storage.printable("postgresql://me:secret@server/studies")
