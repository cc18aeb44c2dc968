"""Photos and their labels, from the folder to the splits."""

import numpy as np
import pytest
import torch

from lightlab.data.loader import MappedSplit
from lightlab.data.splits import Fold
from lightlab.errors import DataError, UsageError

COUNT = 20  # photos in `folder`


def test_a_folder_with_a_text_file_of_scores(folder, load, tones, scores):
    data = load()
    assert {name: len(split) for name, split in data.splits.items()} == {"train": 12, "val": 4, "test": 4}
    assert sorted(tone for split in data.splits.values() for tone in tones(split)) == list(range(COUNT))
    for split in data.splits.values():
        assert split.inputs.dtype == torch.uint8 and split.inputs.shape[1:] == (3, 4, 4)
        assert split.targets.shape == (len(split), 1) and split.targets.dtype == torch.float32
        assert scores(data, split) == pytest.approx([1 + tone / 10 for tone in tones(split)], abs=1e-5)
    assert (data.spec.input_shape, data.spec.output_size, data.spec.target) == ((3, 4, 4), 1, "number")
    assert data.spec.target_name == "score" and data.origin == "real" and data.notes == {}


def test_targets_are_scaled_by_the_training_rows(folder, load, tones):
    data = load()
    assert float(data.splits["train"].targets.mean()) == pytest.approx(0, abs=1e-6)
    assert float(data.splits["train"].targets.std(correction=0)) == pytest.approx(1, abs=1e-5)
    raw = load(target_scale="raw").splits["train"]
    assert raw.targets.flatten().tolist() == pytest.approx([1 + tone / 10 for tone in tones(raw)])


def test_scores_of_nought_have_no_logarithm(folder, load):
    (folder / "All_labels.txt").write_text("F0.png 0\nM1.png 2\n")
    with pytest.raises(UsageError, match=r"target_scale=log: takes scores above 0, and one is 0"):
        load(target_scale="log", score_range=None, bad_photos="skip", test_fraction=0.0, val_fraction=0.0)


def test_every_seed_has_the_same_rows_and_fewer_can_be_trained_on(folder, load, tones):
    whole, other, small = load(), load(seed=7), load(train_size=5)
    for name in ("val", "test"):
        assert tones(whole.splits[name]) == tones(other.splits[name]) == tones(small.splits[name])
    assert tones(small.splits["train"]) == tones(whole.splits["train"])[:5]


def test_a_csv_named_by_the_user(folder, load, tmp_path):
    (tmp_path / "s.csv").write_text("rater,file,mark\n" + "".join(f"1,F{i}.png,{i}\n" for i in range(0, 6, 2)))
    data = load(labels=str(tmp_path / "s.csv"), label_column="mark", score_range=[0, 4], bad_photos="skip")
    assert sum(len(split) for split in data.splits.values()) == 3
    assert data.notes == {"left_out": "photos without a label: 17"}


def test_a_file_of_test_rows_in_place_of_a_share(folder, load, tones):
    (folder / "test.txt").write_text("F2.png 1.2\nM7.png 1.7\n")
    data = load(labels="All_labels.txt", test_labels="test.txt")
    assert tones(data.splits["test"]) == [2, 7]
    rest = tones(data.splits["train"]) + tones(data.splits["val"])
    assert sorted(rest) == [index for index in range(COUNT) if index not in (2, 7)]


@pytest.mark.parametrize("test_labels", [None, "test.txt"])
def test_folds_share_out_what_is_not_for_the_test(folder, build, test_labels, tones):
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


def test_labels_from_the_names(folder, load, tones):
    data = load(target_kind="binary", label_from_name="^([FM])", class_names=["F", "M"])
    assert data.spec.class_names == ("F", "M") and data.spec.output_size == 1
    for split in data.splits.values():
        assert split.targets.dtype == torch.float32
        assert split.targets.flatten().tolist() == [tone % 2 for tone in tones(split)]


@pytest.mark.parametrize("kind", ["class", "binary"])
def test_a_class_per_folder(tmp_path, load, kind, take, tones):
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


def test_names_match_whatever_their_slashes_endings_and_accents(tmp_path, load, take, scores):
    for index, name in enumerate(["e\u0301.png", "sub/b.png", "c.d.png", "张三.png"]):
        take(tmp_path / "mine" / "Images" / name, 10 * index)
    (tmp_path / "mine" / "s.csv").write_text("name,score\n\u00e9.png,1\nsub\\b.png,2\nImages/c.d.png,3\n张三,4\n")
    data = load(test_fraction=0.0, val_fraction=0.0)
    assert sorted(scores(data, data.splits["train"])) == pytest.approx([1, 2, 3, 4])


def drawings():
    tones = np.repeat(np.arange(0, 200, 10, dtype=np.uint8), 48).reshape(COUNT, 4, 4, 3)
    return tones, [f"D{'FM'[index % 2]}{index}.png" for index in range(COUNT)], 1 + np.arange(COUNT) / 10


def test_synthetic_photos_take_the_place_of_a_folder_that_the_user_has_not_named(load, capsys, tones, scores):
    data = load(["nowhere", "nor_here"], synthetic=drawings)
    assert data.origin == "embedded" and "synthetic data in place of" in capsys.readouterr().err
    for split in data.splits.values():
        assert scores(data, split) == pytest.approx([1 + tone / 10 for tone in tones(split)], abs=1e-5)
    labelled = load(["nowhere"], synthetic=drawings, target_kind="binary", label_from_name="^.([FM])")
    for split in labelled.splits.values():
        assert split.targets.flatten().tolist() == [tone % 2 for tone in tones(split)]
    with pytest.raises(DataError):
        load("nowhere", synthetic=drawings)
    with pytest.raises(DataError):
        load(["nowhere"], synthetic=drawings, source="files")


def test_synthetic_photos_have_the_size_and_the_colours_of_the_run(load):
    assert load([], source="embedded", synthetic=drawings, size=[5, 7], grey=True).splits["test"].inputs.shape[1:] == (
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
