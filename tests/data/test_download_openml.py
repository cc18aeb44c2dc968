"""scikit-learn's own download, from a server that answers as openml.org does."""

import hashlib
import json
from http.server import BaseHTTPRequestHandler

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import _openml

from lightlab.data import download as openml
from lightlab.errors import DataError

ARFF = b"""@RELATION houses
@ATTRIBUTE area REAL
@ATTRIBUTE street {Grvl,Pave}
@ATTRIBUTE price REAL
@DATA
120,Pave,200000
?,Grvl,90000
80.5,?,150000
"""
FEATURES = [("area", "numeric", "false"), ("street", "nominal", "false"), ("price", "numeric", "true")]


class Handler(BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def do_GET(self):
        """`/api/v1/json/data/37`, `…/features/37`, `…/qualities/37`, and the file."""
        behaviour = self.server.behaviour
        if behaviour == "missing":
            return self.query(json.dumps({"error": {"code": "111"}}).encode(), 412)
        if self.path.endswith(".arff"):
            return self.query(ARFF[:-20] if behaviour == "cut" else ARFF)
        if "features" in self.path:
            kept = {"is_ignore": "false", "is_row_identifier": "false"}
            features = [
                {"index": str(at), "name": name, "data_type": kind, "is_target": target, **kept}
                | {"number_of_missing_values": "0" if name == "price" else "1"}
                | ({"nominal_value": ["Grvl", "Pave"]} if kind == "nominal" else {})
                for at, (name, kind, target) in enumerate(FEATURES)
            ]
            return self.query(json.dumps({"data_features": {"feature": features}}).encode())
        if "qualities" in self.path:
            quality = [{"name": "NumberOfInstances", "value": "3.0"}]
            return self.query(json.dumps({"data_qualities": {"quality": quality}}).encode())
        description = {
            "status": "active",
            "format": "ARFF",
            "name": "houses",
            "description": "three houses",
            "version": "1",
            "url": f"http://127.0.0.1:{self.server.server_port}/data/v1/download/1/houses.arff",
            "md5_checksum": hashlib.md5(ARFF + b"x" * (behaviour == "other")).hexdigest(),
        }
        return self.query(json.dumps({"data_set_description": description}).encode())

    def query(self, body, status=200):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture
def site(serve, no_proxy, monkeypatch):
    server = serve(Handler)
    server.behaviour = "good"
    here = f"http://127.0.0.1:{server.server_port}"
    monkeypatch.setattr(openml, "OPENML", here)
    for name in ("_DATA_INFO", "_DATA_FEATURES", "_DATA_QUALITIES"):
        monkeypatch.setattr(_openml, name, getattr(_openml, name).replace("https://www.openml.org", here))
    return server


def test_a_table_arrives_with_its_gaps_and_its_target_last(site, tmp_path):
    table = pd.read_csv(openml.download_table(37, tmp_path / "houses.csv"), keep_default_na=False, na_values=["NA"])
    expected = {"area": [120, np.nan, 80.5], "street": ["Pave", "Grvl", np.nan], "price": [200000.0, 90000, 150000]}
    pd.testing.assert_frame_equal(table, pd.DataFrame(expected), check_dtype=False)
    assert [path.name for path in tmp_path.iterdir()] == ["houses.csv"]


@pytest.mark.parametrize("behaviour", ["missing", "cut", "other"])
def test_what_is_not_as_announced_leaves_nothing_and_says_so_in_a_line(site, tmp_path, behaviour):
    site.behaviour = behaviour
    with pytest.raises(DataError, match="data set 37 could not be downloaded from http://127") as raised:
        openml.download_table(37, tmp_path / "houses.csv")
    assert "\n" not in str(raised.value) and not list(tmp_path.iterdir())
