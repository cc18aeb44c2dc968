import os
import struct
import warnings
import zlib
from contextlib import suppress

import numpy as np
import pytest
from PIL import EpsImagePlugin, Image

from lightlab.data.images.reading import photos_in, read_photo
from lightlab.errors import DataError


@pytest.fixture
def read(tmp_path):
    """Saves an image, or bytes, and reads it as a photo."""

    def read(content, name="photo.png", size=(28, 28), invert="auto", **saving):
        path = tmp_path / name
        path.write_bytes(content) if isinstance(content, bytes) else content.save(path, **saving)
        return read_photo(path, *size, invert)

    return read


def grey(height, width, background, shape):
    """A bar of tone `shape` down the middle third."""
    pixels = np.full((height, width), background, np.uint8)
    pixels[height // 6 : -height // 6, width // 3 : -width // 3] = shape
    return Image.fromarray(pixels)


def test_a_training_image_is_taken_as_it_is(read):
    pixels = np.random.default_rng(0).integers(0, 256, (28, 28), dtype=np.uint8)
    assert np.array_equal(read(Image.fromarray(pixels)), pixels)
    assert np.array_equal(read(Image.fromarray(pixels), invert=True), 255 - pixels)
    assert np.array_equal(read(Image.fromarray(pixels), invert=False), pixels)


def test_size_and_type(read):
    found = read(grey(90, 60, 0, 255), size=(12, 12))
    assert found.shape == (12, 12) and found.dtype == np.uint8


@pytest.mark.parametrize("background", [0, 60, 190, 255])
def test_a_shape_ends_up_bright_on_black_or_dark_as_the_border_was(read, background):
    found = read(grey(84, 84, background, 255 if background < 128 else 0))
    assert found[14, 14] > 250
    assert abs(int(found[0, 0]) - (background if background < 128 else 255 - background)) <= 1


def test_inversion_can_be_decided(read):
    white = grey(84, 84, 255, 0)
    assert read(white, invert=False)[14, 14] < 5 and read(white, invert=False)[0, 0] > 250
    assert read(grey(84, 84, 0, 255), invert=True)[14, 14] < 5


@pytest.mark.parametrize(("height", "width"), [(40, 120), (120, 40)])
def test_a_photo_that_is_not_square_keeps_its_proportions(read, height, width):
    pixels = np.zeros((height, width), np.uint8)
    pixels[height // 2 - 10 : height // 2 + 10, width // 2 - 10 : width // 2 + 10] = 255
    found = read(Image.fromarray(pixels), size=(24, 24)) > 127  # 20 of 120 pixels are 4 of 24
    assert found.any(0).sum() == found.any(1).sum() == 4


def test_the_padding_has_the_tone_of_the_border(read):
    found = read(Image.fromarray(np.full((30, 90), 70, np.uint8)))
    assert (abs(found.astype(int) - 70) <= 1).all()


@pytest.mark.parametrize(
    ("orientation", "edge"), [(1, "top"), (3, "bottom"), (6, "right"), (8, "left"), (2, "top"), (5, "left")]
)
@pytest.mark.parametrize("name", ["photo.jpg", "photo.png"])
def test_the_camera_orientation_is_undone(read, orientation, edge, name):
    pixels = np.zeros((64, 64), np.uint8)
    pixels[4:16] = 255  # the upper part
    exif = Image.Exif()
    exif[0x0112] = orientation
    found = read(Image.fromarray(pixels), name, invert=False, exif=exif).astype(int)
    means = {
        "top": found[:8].mean(),
        "bottom": found[-8:].mean(),
        "left": found[:, :8].mean(),
        "right": found[:, -8:].mean(),
    }
    assert max(means, key=means.__getitem__) == edge


def test_what_is_transparent_is_white(read):
    pixels = np.zeros((60, 60, 4), np.uint8)  # black, and nothing of it to be seen
    pixels[20:40, 20:40, 3] = 255
    found = read(Image.fromarray(pixels))
    assert found[14, 14] > 250 and found[0, 0] < 5


def test_a_transparent_photo_is_turned_upright_too(read):
    pixels = np.zeros((60, 60, 4), np.uint8)
    pixels[:20, :, 3] = 255
    exif = Image.Exif()
    exif[0x0112] = 3
    found = read(Image.fromarray(pixels), invert=True, exif=exif)
    assert found[-4:].mean() > 200 > found[:4].mean()


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "LA", "P", "1", "CMYK", "YCbCr"])
def test_every_mode_gives_the_same_picture(read, mode):
    name = {"CMYK": "photo.jpg", "YCbCr": "photo.jpg"}.get(mode, "photo.png")
    plain, found = (read(each, name) for each in (grey(84, 84, 0, 255), grey(84, 84, 0, 255).convert(mode)))
    assert (abs(found.astype(int) - plain) <= 12).all()


@pytest.mark.parametrize("transparency", [0, b"\0\xff"])
def test_a_palette_with_transparency(read, transparency):
    photo = Image.new("P", (60, 60), 0)
    photo.putpalette([0, 0, 0, 0, 0, 0])
    photo.paste(1, (20, 20, 40, 40))
    found = read(photo, transparency=transparency)
    assert found[14, 14] > 250 and found[0, 0] < 5


@pytest.mark.parametrize("side", [28, 56])
@pytest.mark.parametrize("name", ["photo.png", "photo.tif"])
def test_sixteen_bits_are_scaled_and_not_cut_off(read, side, name):
    pixels = np.tile(np.linspace(0, 65535, side).astype(np.uint16), (side, 1))
    found = read(Image.fromarray(pixels), name, invert=False)
    assert abs(int(found[14, 14]) - 132) < 6 and found[14, 1] < 20 and found[14, 26] > 235


def test_one_bit_at_the_training_size_is_black_and_white(read):
    found = read(grey(28, 28, 0, 255).convert("1"))
    assert set(np.unique(found)) == {0, 255} and found[14, 14] == 255


@pytest.mark.parametrize("name", ["a.jpg", "a.JPEG", "a.bmp", "a.gif", "a.webp", "a.tif"])
def test_the_usual_formats(read, name):
    assert read(grey(84, 84, 0, 255), name)[14, 14] > 245


def png_header(width, height):
    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
        + chunk(b"IDAT", b"")
    )


def test_a_bomb_is_refused_by_its_header(read):
    with pytest.raises(DataError, match=r"20000x20000 pixels; at most 100,000,000"):
        read(png_header(20000, 20000))


WHOLE = png_header(30, 30)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "the file is empty"),
        (b"a letter, and no picture", "not an image"),
        (b"\x89PNG\r\n\x1a\n", "not an image"),
        (WHOLE, "not an image"),
        (b"GIF89a", "not an image"),
        (b"\xff\xd8\xff\xe0", "not an image"),
    ],
)
def test_what_is_no_image_is_said_in_a_line(read, content, reason):
    with pytest.raises(DataError, match=rf"photo\.png: .*{reason}") as caught:
        read(content)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["photo.jpg", "photo.png", "photo.gif"])
def test_a_photo_cut_short_is_refused(tmp_path, name):
    path = tmp_path / name
    Image.effect_noise((60, 60), 50).save(path)
    path.write_bytes(path.read_bytes()[:-400])
    with pytest.raises(DataError, match="not an image that can be read"):
        read_photo(path, 28, 28)


HEAD = b"Exif\0\0MM\0*\0\0\0\x08"
DAMAGED_EXIF = {
    "cut short": HEAD + b"\0\x05\x01\x12",
    "cut after an entry": HEAD + b"\0\x02\x01\x0f\0\x03\0\0\0\x01\0\x01\0\0",
    "no TIFF": b"Exif\0\0nothing of the kind",
    "out of range": HEAD + b"\0\x01\x01\x12\0\x03\0\0\0\x01\0\x09\0\0\0\0\0\0",
    "a fraction": HEAD + b"\0\x01\x01\x12\0\x05\0\0\0\x01\0\0\0\x1a\0\0\0\0\0\0\0\x01\0\0\0\0",
}


@pytest.mark.parametrize("exif", DAMAGED_EXIF.values(), ids=DAMAGED_EXIF)
def test_damaged_exif_is_said_and_no_reason_to_refuse_or_to_warn(read, exif, capsys):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert read(grey(84, 84, 0, 255), "photo.jpg", exif=exif)[14, 14] > 245
    assert capsys.readouterr().err == "! photos with damaged EXIF data, read as they lie: 1 (photo.jpg)\n"


@pytest.mark.parametrize("exif", [b"", b"Exif\0\0", HEAD + b"\0\0\0\0\0\0"])
def test_exif_that_says_nothing_is_not_damaged(read, exif, capsys):
    read(grey(84, 84, 0, 255), "photo.jpg", exif=exif)
    assert not capsys.readouterr().err


@pytest.mark.parametrize("shape", [(1, 3000), (3000, 1), (1, 1)])
def test_a_photo_of_any_proportions_is_read_or_refused_in_a_line(read, shape):
    with suppress(DataError):
        assert read(Image.fromarray(np.zeros(shape, np.uint8))).shape == (28, 28)


def test_floats_that_are_no_numbers_are_black(read):
    pixels = np.full((60, 60), np.nan, np.float32)
    pixels[20:40, 20:40] = 5
    pixels[0] = np.inf
    found = read(Image.fromarray(pixels), "photo.tif")
    assert found[14, 14] > 250 and found[0, 0] < 5


def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "a.png")
    with pytest.raises(DataError, match=r"a\.png: cannot be read \(a named pipe"):
        read_photo(tmp_path / "a.png", 28, 28)


def test_no_program_is_started_for_a_file_that_a_program_would_draw(read, monkeypatch):
    started = []
    monkeypatch.setattr(EpsImagePlugin, "Ghostscript", lambda *args, **_: started.append(args))
    with pytest.raises(DataError):
        read(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 20 20\n%%EndComments\nshowpage\n%%EOF\n")
    assert started == []


def test_a_file_that_is_not_there(tmp_path):
    for missing in (tmp_path / "none.png", tmp_path):
        with pytest.raises(DataError, match="no such file"):
            read_photo(missing, 28, 28)


def test_the_photos_of_a_folder_by_name(tmp_path):
    for name in ("b.PNG", "a.jpg", "notes.txt", "ä.webp", ".DS_Store"):
        (tmp_path / name).touch()
    assert [path.name for path in photos_in(tmp_path)] == ["a.jpg", "b.PNG", "ä.webp"]


def test_a_folder_without_a_photo(tmp_path):
    (tmp_path / "notes.txt").touch()
    with pytest.raises(DataError, match=r"no image in this folder; expected files ending in \.png"):
        photos_in(tmp_path)
