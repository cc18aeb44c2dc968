import pytest

from lightlab.data.photos.labels import Columns, read_label_file
from lightlab.errors import DataError


@pytest.fixture
def read(tmp_path):
    def read(content, file="scores.csv", photos=(), **columns):
        path = tmp_path / file
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        labels = read_label_file(path, lambda cell: cell in photos or cell.endswith(".jpg"), Columns(**columns))
        return [(label.photo, label.text) for label in labels]

    return read


PAIRS = [("a.jpg", "3.5"), ("b.jpg", "2")]


@pytest.mark.parametrize(
    "content",
    [
        "a.jpg,3.5\nb.jpg,2\n",
        "name,score\na.jpg,3.5\nb.jpg,2\n",
        "a.jpg;3.5\r\nb.jpg;2",
        "score\tphoto\n3.5\ta.jpg\n2\tb.jpg\n",
        '\n"a.jpg", 3.5 \n\n,\nb.jpg,2\n',
        "\ufeffname,score\na.jpg,3.5\nb.jpg,2\n",
        "照片,分数\na.jpg,3.5\nb.jpg,2\n".encode("gbk"),
    ],
)
def test_rows_of_a_name_and_a_score(read, content):
    assert read(content) == PAIRS


@pytest.mark.parametrize(
    "content", ["a.jpg 3.5\nb.jpg 2\n", "a.jpg  3.5 \n\nb.jpg\t2\n", "name score\na.jpg 3.5\nb.jpg 2"]
)
def test_lines_of_a_name_and_a_score(read, content):
    assert read(content, "All_labels.txt") == PAIRS


def test_a_name_may_hold_spaces_and_commas(read):
    assert read("my photo 1.jpg 4\n", "labels.txt") == [("my photo 1.jpg", "4")]
    assert read('name,score\n"a, b.jpg",4\n') == [("a, b.jpg", "4")]


def test_chinese_names_in_gbk(read):
    assert read("名字,分数\n张三.jpg,4\n".encode("gbk")) == [("张三.jpg", "4")]


def test_names_without_an_ending_are_known_by_the_photos_that_there_are(read):
    assert read("a,3\nb,4\n", photos=("a", "b")) == [("a", "3"), ("b", "4")]
    assert read("score,id\n3,7\n", photos=("3", "7"), file="s.csv") == [("3", "7")]
    assert read("score,id\n3,7\n", photos=("3", "7"), name="id") == [("7", "3")]
    assert read("a,kind\n", photos=("a",)) == [("a", "kind")]


def test_of_several_columns_one_is_named(read):
    table = "id,photo,score,rater\n1,a.jpg,3.5,x\n2,b.jpg,2,y\n"
    assert read(table, label="score") == PAIRS
    with pytest.raises(
        DataError, match=r"scores\.csv: has id, photo, score, rater; name the column .*data\.label_column="
    ):
        read(table)
    with pytest.raises(DataError, match="no column 'scor'; did you mean 'score'"):
        read(table, label="scor")
    with pytest.raises(DataError, match="no header"):
        read("a.jpg,3\n", label="score")


def test_a_list_of_names_has_no_labels(read):
    assert read("a.jpg\nb.jpg\n") == [("a.jpg", None), ("b.jpg", None)]


def test_where_a_label_stands(tmp_path):
    path = tmp_path / "scores.csv"
    path.write_text("name,score\n\na.jpg,3\n")
    assert [label.where for label in read_label_file(path, lambda cell: False, Columns())] == ["scores.csv line 3"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "no row"),
        ("\n \n", "no row"),
        ("name,score\n", "no row"),
        ("a.jpg,3\nb.jpg\n", "line 2: 1 cells; the first line has 2"),
        ("a.jpg,3\nb.jpg,2,1\n", "line 2: 3 cells"),
        (b"\xff\xff\x80", "not text in UTF-8 or GBK"),
        (b"a.jpg,3\0\n", "binary data"),
    ],
)
def test_what_is_no_such_file_is_said_with_its_name(read, content, said):
    with pytest.raises(DataError, match=rf"scores\.csv.*{said}"):
        read(content)
