"""What is wrong with a folder of photos or its labels is said in one report."""

import os

import pytest
from PIL import Image

from lightlab.data.images import reading as images
from lightlab.errors import DataError, UsageError

COUNT = 20  # photos in `folder`


@pytest.mark.parametrize(("pattern", "said"), [("([FM]", "not a regular expression"), ("[FM]", "needs a group")])
def test_a_pattern_that_is_none(folder, load, pattern, said):
    with pytest.raises(UsageError, match=said):
        load(target_kind="binary", label_from_name=pattern)


def test_binary_takes_two_classes(folder, load):
    (folder / "c.csv").write_text("".join(f"{'FM'[i % 2]}{i}.png,{'xyz'[i % 3]}\n" for i in range(COUNT)))
    with pytest.raises(DataError, match=r"3 classes \(x, y, z\); data.target_kind=binary takes two"):
        load(target_kind="binary", labels="c.csv")


@pytest.fixture
def damaged(folder, monkeypatch, take):
    photos = folder / "Images"
    (photos / "F0.png").write_bytes(b"")
    (photos / "M1.png").write_bytes((photos / "M1.png").read_bytes()[:40])
    Image.new("RGB", (40, 30)).save(photos / "F2.png")
    monkeypatch.setattr(images, "MOST_PIXELS", 1000)
    (photos / "M3.png").unlink()
    take(photos / "extra.png", 0)
    return folder


REPORTED = [
    "photos that cannot be read: 3 (",
    "F0.png: ",
    "the file is empty",
    "M1.png: not an image",
    "F2.png: 40x30 pixels; at most 1,000",
]
REPORTED += ["labels without a photo: 1 (M3.png (All_labels.txt line 4))", "photos without a label: 1 (extra.png)"]


def test_bad_photos_are_refused_in_one_report(damaged, load):
    for _ in range(2):  # from the cache too
        with pytest.raises(DataError) as caught:
            load()
        assert all(each in str(caught.value) for each in [*REPORTED, "data.bad_photos=skip"])
        assert "\n" not in str(caught.value)


def test_bad_photos_are_left_out_with_the_same_report(damaged, load, capsys, tones, scores):
    data = load(bad_photos="skip")
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and all(each in said for each in REPORTED)
    assert sorted(tone for split in data.splits.values() for tone in tones(split)) == list(range(4, COUNT))
    for split in data.splits.values():
        assert scores(data, split) == pytest.approx([1 + tone / 10 for tone in tones(split)], abs=1e-5)
    assert (
        data.notes["left_out"] == "photos that cannot be read: 3; labels without a photo: 1; photos without a label: 1"
    )


def test_of_many_the_first_are_named_and_all_are_listed_in_a_file(folder, load, tmp_path):
    for index in range(0, 12, 2):
        (folder / "Images" / f"F{index}.png").write_bytes(b"")
    with pytest.raises(
        DataError, match=r"photos that cannot be read: 6 .* and 3 more\); all of them: (.*left_out\.txt)\."
    ) as caught:
        load()
    listing = (tmp_path / "cache" / "photos" / "left_out.txt").read_text()
    assert listing.count("\n") == 6 and "F10.png" in listing and "F10.png" not in str(caught.value)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("F0.png 5.5", "outside 1 to 5 (data.score_range)"),
        ("F0.png 0.9", "outside 1 to 5"),
        ("F0.png good", "'good' is not a number"),
        ("F0.png nan", "'nan' is not a number"),
        ("F0.png 1e39", "is not a finite number of at most 3.4e+38"),
        ("F0.png,", "'' is empty"),
    ],
)
def test_a_score_that_cannot_be_used_is_refused_by_file_and_line(folder, load, line, said):
    separator = "," if "," in line else " "
    (folder / "All_labels.txt").write_text(f"M1.png{separator}2\n{line}\n")
    with pytest.raises(DataError) as caught:
        load(bad_photos="skip")
    assert str(caught.value).startswith("1 of 2 labels cannot be used: All_labels.txt line 2 (F0.png): ")
    assert said in str(caught.value)


def test_a_class_that_is_not_listed_is_refused(folder, load):
    (folder / "c.csv").write_text("F0.png,cat\nM1.png,dgo\n")
    with pytest.raises(DataError, match=r"c\.csv line 2 \(M1\.png\): 'dgo' is not a class; did you mean 'dog'"):
        load(target_kind="class", labels="c.csv", class_names=["cat", "dog"], bad_photos="skip")


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"folder": "nowhere"}, r"no folder of photos for mine \(.*nowhere\); set data\.folder="),
        ({"labels": "nowhere.csv"}, r"no file of labels called nowhere\.csv; name one with data\.labels="),
        ({"test_labels": "nowhere.csv"}, r"no file of labels called nowhere\.csv"),
        ({"target_kind": "class"}, "none of its photos has a label"),
    ],
)
def test_what_is_not_there(folder, load, settings, said):
    with pytest.raises(DataError, match=said):
        load(**settings)


def test_of_several_files_of_labels_one_is_to_be_named(folder, load):
    (folder / "b.csv").touch()
    with pytest.raises(
        DataError, match=r"2 files may hold labels \(All_labels\.txt, b\.csv\); name it with data\.labels="
    ):
        load()
    for name in ("b.csv", "All_labels.txt"):
        (folder / name).unlink()
    with pytest.raises(DataError, match="no file of labels"):
        load()


def test_a_photo_with_two_labels_is_refused(folder, load):
    (folder / "All_labels.txt").write_text("F0.png 1\nM1.png 2\nF0 3\n")
    with pytest.raises(DataError, match=r"All_labels\.txt line 3: F0 already has a label, in All_labels\.txt line 1"):
        load()


def test_hidden_files_are_no_photos(folder, load, take):
    take(folder / "Images" / "._F0.png", 0)
    take(folder / "Images" / "__MACOSX" / "F0.png", 0)
    (folder / "Images" / "Thumbs.db").touch()
    assert sum(len(split) for split in load().splits.values()) == COUNT


@pytest.mark.parametrize("images", ["/etc", "../else", "a/b"])
def test_the_sub_folder_of_photos_is_one(build, images):
    with pytest.raises(UsageError, match="must be the name of a sub-folder"):
        build(images=[images])


def test_a_name_that_two_photos_have_is_refused(folder, load, take):
    (folder / "All_labels.txt").write_text("F0 2\nM1 3\n" + "".join(f"{'FM'[i % 2]}{i} 4\n" for i in range(2, COUNT)))
    (folder / "Images" / "F0.txt").touch()  # no photo
    load()
    take(folder / "Images" / "M1.jpg", 0)
    with pytest.raises(DataError, match=r"'M1' may be 'M1\.jpg' or 'M1\.png'; write its suffix"):
        load()


def test_a_pipe_among_the_photos_is_one_that_cannot_be_read(folder, load, capsys):
    (folder / "Images" / "F0.png").unlink()
    os.mkfifo(folder / "Images" / "F0.png")
    load(bad_photos="skip")
    assert "photos that cannot be read: 1 (F0.png: cannot be read (a named pipe" in capsys.readouterr().err


def test_a_folder_of_photos_is_not_the_one_above(folder, load):
    with pytest.raises(UsageError, match=r"data\.images=\.\.: must be the name of a sub-folder"):
        load(images=[".."])
