import numpy as np
import pytest
from PIL import Image

from lightlab.data.images.reading import as_colours, open_photo
from lightlab.data.photos import decoding as photo_cache
from lightlab.data.photos import decoding as photo_decoding
from lightlab.data.photos.decoding import Form, decode, decode_cached, worker_count
from lightlab.data.sources import note
from lightlab.errors import DataError

FORM = Form(8, 6)


def read_colours(path, height, width, grey=False):
    return as_colours(open_photo(path, max(height, width))[0], height, width, grey)


@pytest.fixture
def photos(tmp_path):
    """75 photos of one colour each, which is what tells them apart, in three blocks."""
    folder = tmp_path / "photos"
    folder.mkdir()
    for index in range(75):
        Image.new("RGB", (20, 20), (index, 2 * index, 100)).save(folder / f"{index:02d}.png")
    return sorted(folder.iterdir())


def colours(pixels):
    return [tuple(row) for row in pixels[:, :, 4, 3].tolist()]


@pytest.mark.parametrize("workers", [1, 3])
def test_rows_come_in_the_order_of_the_photos(photos, workers):
    pixels, failures = decode(photos, FORM, workers)
    assert pixels.shape == (75, 3, 8, 6) and pixels.dtype == np.uint8 and not failures
    assert colours(pixels) == [(index, 2 * index, 100) for index in range(75)]


def test_a_photo_that_cannot_be_read_is_a_black_row_with_a_reason(photos):
    photos[40].write_bytes(b"")
    photos[70].unlink()
    pixels, failures = decode(photos, FORM, 2)
    assert set(failures) == {40, 70} and not pixels[[40, 70]].any()
    assert failures[40].endswith("the file is empty") and failures[70].startswith("no such file")
    assert colours(pixels[71:72]) == [(71, 142, 100)]


def test_whatever_pillow_raises_is_a_reason(photos, monkeypatch):
    def fail(*_):
        raise OverflowError("out of range")

    monkeypatch.setattr(photo_decoding, "open_photo", fail)
    _, failures = decode(photos[:1], FORM, 1)
    assert failures == {0: "not an image that can be read: out of range"}


def test_photos_with_damaged_exif_are_read_and_counted_from_the_cache_too(photos, decode_again, capsys):
    for photo in photos[3:75:10]:
        Image.new("RGB", (20, 20), "red").save(photo, "JPEG", exif=b"Exif\0\0damaged")
    said = "! photos with damaged EXIF data, read as they lie: 8 (03.png, 13.png, 23.png, …)\n"
    for _ in range(2):
        note.cache_clear()
        pixels, failures = decode_again()
        assert not failures and pixels[13, 0].min() > 250 and capsys.readouterr().err == said


def test_auto_is_a_worker_a_processor():
    assert worker_count("auto") >= 1 and worker_count(3) == 3


@pytest.fixture
def decode_again(tmp_path, photos):
    return lambda form=FORM, most_bytes=10**9, cache="cache": decode_cached(
        photos, form, 2, tmp_path / cache, most_bytes
    )


@pytest.fixture
def decoded_once(decode_again, photos, monkeypatch):
    """From here on nothing may be decoded."""
    photos[3].write_bytes(b"damaged")
    first = decode_again()

    def refuse(*_):
        raise AssertionError("decoded again")

    monkeypatch.setattr(photo_cache, "decode_blocks", refuse)
    return first


def test_what_was_decoded_once_is_not_decoded_again(decoded_once, decode_again):
    pixels, failures = decode_again()
    assert np.array_equal(pixels, decoded_once[0]) and failures == decoded_once[1] and set(failures) == {3}


@pytest.mark.parametrize("change", ["size", "time", "form", "damage"])
def test_a_change_is_decoded_anew(decoded_once, decode_again, photos, tmp_path, change):
    form = Form(8, 6, grey=True) if change == "form" else FORM
    if change == "size":
        photos[5].write_bytes(photos[5].read_bytes() + b"x")
    if change == "time":
        photos[5].touch()
    if change == "damage":
        pixels = next((tmp_path / "cache" / "photos").glob("*/pixels.npy"))
        pixels.write_bytes(pixels.read_bytes()[:-1])
    with pytest.raises(AssertionError, match="decoded again"):
        decode_again(form)


def test_pixels_from_the_cache_are_mapped_and_may_be_written_without_changing_it(decode_again):
    pixels, _ = decode_again()
    assert isinstance(pixels, np.memmap)
    pixels[:] = 7
    assert colours(decode_again()[0])[2] == (2, 4, 100)


def test_nothing_half_written_stays_behind(decode_again, tmp_path, monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(photo_decoding, "_decode_block", interrupt)
    with pytest.raises(KeyboardInterrupt):
        decode_again()
    assert list((tmp_path / "cache" / "photos").iterdir()) == []


def test_a_cache_that_cannot_be_written_is_done_without_where_memory_allows(decode_again, tmp_path, capsys):
    (tmp_path / "full").touch()
    assert colours(decode_again(cache="full")[0])[2] == (2, 4, 100)
    assert "cannot be written" in capsys.readouterr().err
    with pytest.raises(DataError, match=r"cannot be written .*data\.most_memory; set cache_dir="):
        decode_again(most_bytes=100, cache="full")


def test_colours_and_grey(photos):
    assert read_colours(photos[60], 4, 5).shape == (3, 4, 5)
    grey = read_colours(photos[60], 4, 5, grey=True)
    assert grey.shape == (1, 4, 5) and (abs(grey.astype(int) - (0.299 * 60 + 0.587 * 120 + 0.114 * 100)) <= 1).all()


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "P", "L", "LA", "1", "CMYK", "I;16"])
def test_every_mode_gives_three_channels(tmp_path, mode):
    path = tmp_path / ("a.jpg" if mode == "CMYK" else "a.png")
    Image.new("L", (30, 30), 255).convert(mode if mode != "I;16" else "I").convert(mode).save(path)
    assert read_colours(path, 8, 8).shape == (3, 8, 8)


@pytest.mark.parametrize(("width", "height"), [(900, 300), (300, 900), (300, 300), (40, 60)])
@pytest.mark.parametrize("ending", ["png", "jpg"])
def test_the_middle_is_cut_out_at_the_shape_of_the_network(tmp_path, width, height, ending):
    side = min(width, height)
    photo = Image.new("RGB", (width, height), "red")
    photo.paste((0, 0, 255), ((width - side) // 2, (height - side) // 2, (width + side) // 2, (height + side) // 2))
    photo.save(tmp_path / f"a.{ending}")
    found = read_colours(tmp_path / f"a.{ending}", 20, 20)
    assert found[2, 2:-2, 2:-2].min() > 230 and found[0, 2:-2, 2:-2].max() < 30


def test_a_photo_taken_sideways_is_turned(tmp_path):
    photo = Image.new("RGB", (64, 64), "black")
    photo.paste((255, 255, 255), (0, 0, 64, 16))  # above, and to the right once it is turned
    exif = Image.Exif()
    exif[0x0112] = 6
    photo.save(tmp_path / "a.jpg", exif=exif)
    found = read_colours(tmp_path / "a.jpg", 16, 16)
    assert found[:, :, -3:].min() > 200 and found[:, :, :11].max() < 50


def test_a_large_jpeg_looks_as_it_does_when_it_is_decoded_whole(tmp_path):
    noise = np.random.default_rng(0).integers(0, 256, (9, 9, 3), dtype=np.uint8)
    photo = Image.fromarray(noise).resize((800, 800), Image.Resampling.BICUBIC)
    photo.save(tmp_path / "a.jpg", quality=95)
    photo.save(tmp_path / "a.png")
    jpeg, png = (read_colours(tmp_path / name, 32, 32).astype(int) for name in ("a.jpg", "a.png"))
    assert abs(jpeg - png).mean() < 2 and abs(jpeg - png).max() < 16
