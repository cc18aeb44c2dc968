import os

import numpy as np
import pytest
import torch
from PIL import Image

from lightlab.data import images
from lightlab.data.cuts import Fold
from lightlab.data.mapped import MappedSplit
from lightlab.data.photos import Photos
from lightlab.errors import DataError, UsageError

COUNT = 20


def take(path, tone):
    """A photo of one tone, which is what tells it from the others."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (12, 12), (tone, tone, 255 - tone)).save(path)


@pytest.fixture
def folder(tmp_path):
    """20 photos in Images/, the first letter of whose name alternates, with scores 1.0, 1.1, … 2.9 in a text file."""
    for index in range(COUNT):
        take(tmp_path / "mine" / "Images" / f"{'FM'[index % 2]}{index}.png", 10 * index)
    lines = [f"{'FM'[index % 2]}{index}.png {1 + index / 10}\n" for index in range(COUNT)]
    (tmp_path / "mine" / "All_labels.txt").write_text("".join(lines))
    return tmp_path / "mine"


@pytest.fixture
def build(tmp_path):
    def build(folder="mine", **settings):
        where = [str(tmp_path / each) for each in folder] if isinstance(folder, list) else str(tmp_path / folder)
        defaults = {
            "target_kind": "number",
            "source": "auto",
            "folder": where,
            "images": ["Images"],
            "cache_dir": str(tmp_path / "cache"),
            "test_fraction": 0.2,
            "val_fraction": 0.25,
            "size": [4, 4],
            "score_range": [1, 5],
            "seed": 0,
            "batch_size": 8,
        }
        return Photos("mine", **defaults | settings)

    return build


@pytest.fixture
def load(build):
    def load(*args, **settings):
        data = build(*args, **settings)
        data.setup()
        return data

    return load


def tones(split):
    """By which a split's photos are known."""
    return (split.take(torch.arange(len(split))).inputs[:, 0, 1, 1] // 10).tolist()


def scores(data, split):
    return data.spec.target_scale.restored(split.targets).flatten().tolist()


def test_a_folder_with_a_text_file_of_scores(folder, load):
    data = load()
    assert {name: len(split) for name, split in data.splits.items()} == {"train": 12, "val": 4, "test": 4}
    assert sorted(tone for split in data.splits.values() for tone in tones(split)) == list(range(COUNT))
    for split in data.splits.values():
        assert split.inputs.dtype == torch.uint8 and split.inputs.shape[1:] == (3, 4, 4)
        assert split.targets.shape == (len(split), 1) and split.targets.dtype == torch.float32
        assert scores(data, split) == pytest.approx([1 + tone / 10 for tone in tones(split)], abs=1e-5)
    assert (data.spec.input_shape, data.spec.output_size, data.spec.target) == ((3, 4, 4), 1, "number")
    assert data.spec.target_name == "score" and data.origin == "real" and data.remarks == {}


def test_targets_are_scaled_by_the_training_rows(folder, load):
    data = load()
    assert float(data.splits["train"].targets.mean()) == pytest.approx(0, abs=1e-6)
    assert float(data.splits["train"].targets.std(correction=0)) == pytest.approx(1, abs=1e-5)
    raw = load(target_scale="raw").splits["train"]
    assert raw.targets.flatten().tolist() == pytest.approx([1 + tone / 10 for tone in tones(raw)])


def test_scores_of_nought_have_no_logarithm(folder, load):
    (folder / "All_labels.txt").write_text("F0.png 0\nM1.png 2\n")
    with pytest.raises(UsageError, match=r"target_scale=log: takes scores above 0, and one is 0"):
        load(target_scale="log", score_range=None, bad_photos="skip", test_fraction=0.0, val_fraction=0.0)


def test_every_seed_has_the_same_rows_and_fewer_can_be_trained_on(folder, load):
    whole, other, small = load(), load(seed=7), load(train_size=5)
    for name in ("val", "test"):
        assert tones(whole.splits[name]) == tones(other.splits[name]) == tones(small.splits[name])
    assert tones(small.splits["train"]) == tones(whole.splits["train"])[:5]


def test_a_csv_named_by_the_user(folder, load, tmp_path):
    (tmp_path / "s.csv").write_text("rater,file,mark\n" + "".join(f"1,F{i}.png,{i}\n" for i in range(0, 6, 2)))
    data = load(labels=str(tmp_path / "s.csv"), label_column="mark", score_range=[0, 4], bad_photos="skip")
    assert sum(len(split) for split in data.splits.values()) == 3
    assert data.remarks == {"left_out": "photos without a label: 17"}


def test_a_file_of_test_rows_in_place_of_a_share(folder, load):
    (folder / "test.txt").write_text("F2.png 1.2\nM7.png 1.7\n")
    data = load(labels="All_labels.txt", test_labels="test.txt")
    assert tones(data.splits["test"]) == [2, 7]
    rest = tones(data.splits["train"]) + tones(data.splits["val"])
    assert sorted(rest) == [index for index in range(COUNT) if index not in (2, 7)]


@pytest.mark.parametrize("test_labels", [None, "test.txt"])
def test_folds_share_out_what_is_not_for_the_test(folder, build, test_labels):
    (folder / "test.txt").write_text("F2.png 1.2\nM7.png 1.7\n")
    whole = build(labels="All_labels.txt", test_labels=test_labels)
    whole.setup()
    judged = []
    for index in range(3):
        data = build(labels="All_labels.txt", test_labels=test_labels)
        data.fold = Fold(index, 3)
        data.setup()
        judged += tones(data.splits["test"])
        assert set(tones(data.splits["test"])).isdisjoint(tones(data.splits["train"]) + tones(data.splits["val"]))
    assert sorted(judged + tones(whole.splits["test"])) == list(range(COUNT))


def test_labels_from_the_names(folder, load):
    data = load(target_kind="binary", label_from_name="^([FM])", class_names=["F", "M"])
    assert data.spec.class_names == ("F", "M") and data.spec.output_size == 1
    for split in data.splits.values():
        assert split.targets.dtype == torch.float32
        assert split.targets.flatten().tolist() == [tone % 2 for tone in tones(split)]


@pytest.mark.parametrize("kind", ["class", "binary"])
def test_a_class_per_folder(tmp_path, load, kind):
    for index in range(COUNT):
        take(tmp_path / "mine" / ("cat", "dog")[index % 2] / "deeper" / f"{index}.png", 10 * index)
    data = load(target_kind=kind)
    assert data.spec.class_names == ("cat", "dog") and data.spec.output_size == (2 if kind == "class" else 1)
    for split in data.splits.values():
        assert split.targets.flatten().tolist() == [tone % 2 for tone in tones(split)]
        assert split.targets.shape == ((len(split),) if kind == "class" else (len(split), 1))


def test_classes_that_are_numbers_are_in_their_order(folder, load):
    (folder / "c.csv").write_text("".join(f"{'FM'[i % 2]}{i}.png,{(2, 10, 1)[i % 3]}\n" for i in range(COUNT)))
    assert load(target_kind="class", labels="c.csv").spec.class_names == ("1", "2", "10")


def test_binary_takes_two_classes(folder, load):
    (folder / "c.csv").write_text("".join(f"{'FM'[i % 2]}{i}.png,{'xyz'[i % 3]}\n" for i in range(COUNT)))
    with pytest.raises(DataError, match=r"3 classes \(x, y, z\); data.target_kind=binary takes two"):
        load(target_kind="binary", labels="c.csv")


@pytest.mark.parametrize(("pattern", "said"), [("([FM]", "not a regular expression"), ("[FM]", "needs a group")])
def test_a_pattern_that_is_none(folder, load, pattern, said):
    with pytest.raises(UsageError, match=said):
        load(target_kind="binary", label_from_name=pattern)


def test_names_match_whatever_their_slashes_endings_and_accents(tmp_path, load):
    for index, name in enumerate(["e\u0301.png", "sub/b.png", "c.d.png", "张三.png"]):
        take(tmp_path / "mine" / "Images" / name, 10 * index)
    (tmp_path / "mine" / "s.csv").write_text("name,score\n\u00e9.png,1\nsub\\b.png,2\nImages/c.d.png,3\n张三,4\n")
    data = load(test_fraction=0.0, val_fraction=0.0)
    assert sorted(scores(data, data.splits["train"])) == pytest.approx([1, 2, 3, 4])


@pytest.fixture
def damaged(folder, monkeypatch):
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


def test_bad_photos_are_left_out_with_the_same_report(damaged, load, capsys):
    data = load(bad_photos="skip")
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and all(each in said for each in REPORTED)
    assert sorted(tone for split in data.splits.values() for tone in tones(split)) == list(range(4, COUNT))
    for split in data.splits.values():
        assert scores(data, split) == pytest.approx([1 + tone / 10 for tone in tones(split)], abs=1e-5)
    assert (
        data.remarks["left_out"]
        == "photos that cannot be read: 3; labels without a photo: 1; photos without a label: 1"
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
        ("F0.png good", "'good' is no number"),
        ("F0.png nan", "is no finite number"),
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
    with pytest.raises(DataError, match=r"c\.csv line 2 \(M1\.png\): 'dgo' is no class; did you mean 'dog'"):
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
    with pytest.raises(DataError, match=r"All_labels\.txt line 3: F0 has a label already, in All_labels\.txt line 1"):
        load()


def test_hidden_files_are_no_photos(folder, load):
    take(folder / "Images" / "._F0.png", 0)
    take(folder / "Images" / "__MACOSX" / "F0.png", 0)
    (folder / "Images" / "Thumbs.db").touch()
    assert sum(len(split) for split in load().splits.values()) == COUNT


def drawings():
    tones = np.repeat(np.arange(0, 200, 10, dtype=np.uint8), 48).reshape(COUNT, 4, 4, 3)
    return tones, [f"D{'FM'[index % 2]}{index}.png" for index in range(COUNT)], 1 + np.arange(COUNT) / 10


def test_the_stand_in_takes_the_place_of_a_folder_that_the_user_has_not_named(load, capsys):
    data = load(["nowhere", "nor_here"], stand_in=drawings)
    assert data.origin == "embedded" and "embedded drawings" in capsys.readouterr().err
    for split in data.splits.values():
        assert scores(data, split) == pytest.approx([1 + tone / 10 for tone in tones(split)], abs=1e-5)
    labelled = load(["nowhere"], stand_in=drawings, target_kind="binary", label_from_name="^.([FM])")
    for split in labelled.splits.values():
        assert split.targets.flatten().tolist() == [tone % 2 for tone in tones(split)]
    with pytest.raises(DataError):
        load("nowhere", stand_in=drawings)
    with pytest.raises(DataError):
        load(["nowhere"], stand_in=drawings, source="files")


def test_the_stand_in_has_the_size_and_the_colours_of_the_run(load):
    assert load([], source="embedded", stand_in=drawings, size=[5, 7], grey=True).splits["test"].inputs.shape[1:] == (
        1,
        5,
        7,
    )


@pytest.mark.parametrize("scale", ["unit", "standard", "raw"])
def test_photos_are_prepared(folder, load, scale):
    data = load(scale=scale, grey=False)
    train = data.prepare(data.splits["train"].inputs)
    pixels = data.splits["train"].inputs.float()
    if scale == "standard":
        assert torch.allclose(train.mean((0, 2, 3)), torch.zeros(3), atol=1e-5)
        assert torch.allclose(train.std((0, 2, 3), correction=0), torch.ones(3), atol=1e-5)
    else:
        assert torch.allclose(train, pixels / (255 if scale == "unit" else 1))


def test_what_is_too_large_for_memory_is_mapped_and_gives_the_same_batches(folder, load):
    mapped, resident = load(most_memory=0), load()
    assert isinstance(mapped.splits["train"], MappedSplit) and not isinstance(resident.splits["train"], MappedSplit)
    assert (mapped.mean, mapped.std) == (resident.mean, resident.std)
    for one, other in zip(mapped.train_dataloader(), resident.train_dataloader(), strict=True):
        assert torch.equal(one[0], other[0]) and torch.equal(one[1], other[1])


@pytest.fixture
def trained(folder, load, build):
    """As prediction builds it: without the data, with what the checkpoint kept."""

    def trained(**settings):
        settings = {"labels": "All_labels.txt"} | settings
        data, again = load(**settings), build("nowhere", **settings)
        again.spec = data.spec
        again.load_state_dict(data.state_dict())
        return again

    return trained


def test_a_photo_is_read_as_in_training(trained, folder, load):
    data, again = load(), trained()
    inputs = again.read(str(folder / "Images" / "M7.png"))
    place = tones(data.splits["train"]).index(7)
    assert inputs.names == ["M7.png"] and inputs.targets is None
    assert torch.equal(inputs.inputs[0], data.splits["train"].inputs[place])
    assert torch.equal(again.prepare(inputs.inputs), data.prepare(data.splits["train"].inputs[place : place + 1]))


def test_a_folder_is_read_by_name(trained, folder):
    inputs = trained().read(str(folder))
    assert inputs.names == sorted(os.listdir(folder / "Images")) and inputs.targets is None


@pytest.mark.parametrize("place", ["", "Images", "lists/deeper"])
def test_a_list_is_read_with_its_scores_from_beside_the_photos(trained, folder, place):
    path = folder / place / "some.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("name,score\nM7.png,1.7\nF2,1.2\n")
    data = trained()
    inputs = data.read(str(path))
    assert inputs.names == ["M7.png", "F2"] and (inputs.inputs[:, 0, 1, 1] // 10).tolist() == [7, 2]
    assert data.spec.target_scale.restored(inputs.targets).flatten().tolist() == pytest.approx([1.7, 1.2])


def test_a_list_without_labels(trained, folder):
    (folder / "some.txt").write_text("M7.png\nF2.png\n")
    inputs = trained().read(str(folder / "some.txt"))
    assert inputs.names == ["M7.png", "F2.png"] and inputs.targets is None


def test_labels_in_names_are_scored_where_each_is_one(trained, folder, tmp_path):
    data = trained(target_kind="binary", label_from_name="^([FM])")
    inputs = data.read(str(folder))
    assert inputs.targets.flatten().tolist() == [float(name.startswith("M")) for name in inputs.names]
    take(tmp_path / "else" / "x.png", 10)
    assert data.read(str(tmp_path / "else")).targets is None


def test_sub_folders_that_are_no_classes_are_no_labels(trained, folder, tmp_path):
    for name in ("cat", "dog", "emu"):
        take(tmp_path / "pets" / name / "1.png", 10)
    data = trained(target_kind="class", label_from_name="^([FM])")
    assert data.read(str(tmp_path / "pets")).targets is None


@pytest.mark.parametrize("source", ["nowhere.png", "nowhere", "~nobody/a.png", "x" * 300, 4.0, [[1.0]]])
def test_an_input_that_is_not_there(trained, source):
    with pytest.raises(DataError, match="no such file"):
        trained().read(source)


def test_bad_photos_among_the_inputs(trained, folder, capsys):
    data, skipping = trained(), trained(bad_photos="skip")
    (folder / "Images" / "F0.png").write_bytes(b"")
    with pytest.raises(DataError, match=r"photos that cannot be read: 1 \(F0\.png: .*the file is empty"):
        data.read(str(folder))
    assert "F0.png" not in skipping.read(str(folder)).names and "F0.png" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["../secret.png", "{root}/secret.png", "..\\secret.png"])
def test_a_list_names_nothing_outside_its_folders(trained, folder, name):
    for place in (folder.parent, folder.parent.parent):
        take(place / "secret.png", 0)
    (folder / "some.csv").write_text(f"name,score\nM7.png,2\n{name.format(root=folder.parent)},2\n")
    with pytest.raises(DataError, match="labels without a photo: 1"):
        trained().read(str(folder / "some.csv"))


@pytest.mark.parametrize("images", ["/etc", "../else", "a/b"])
def test_the_sub_folder_of_photos_is_one(build, images):
    with pytest.raises(UsageError, match="must be the name of a sub-folder"):
        build(images=[images])
