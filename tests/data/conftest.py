import pytest


@pytest.fixture
def written(tmp_path):
    """Writes a text file and names it: ``written("a,y\\n1,2\\n")``."""

    def write(content, name="new.csv"):
        (tmp_path / name).write_text(content, encoding="utf-8")
        return str(tmp_path / name)

    return write
