import hashlib
import json

import pytest

from regency.errors import BadInput, LedgerError
from regency.ledger import LARGEST, Blobs, canonical


def test_contents_are_found_by_digest_and_kept_once(tmp_path):
    blobs = Blobs(tmp_path / "blobs")
    digest = blobs.put("héllo")
    assert digest == blobs.put("héllo".encode()) == hashlib.sha256("héllo".encode()).hexdigest()
    assert blobs.get(digest) == "héllo".encode()
    files = [p.relative_to(tmp_path) for p in tmp_path.rglob("*") if p.is_file()]
    assert [str(p) for p in files] == [f"blobs/{digest[:2]}/{digest}"]


def test_missing_changed_and_misnamed_contents(tmp_path):
    blobs = Blobs(tmp_path)
    digest = blobs.put(b"x")
    (tmp_path / digest[:2] / digest).write_bytes(b"y")
    with pytest.raises(LedgerError, match="was changed"):
        blobs.get(digest)
    with pytest.raises(LedgerError, match="is missing"):
        blobs.get("0" * 64)
    with pytest.raises(BadInput):
        blobs.get("../../etc/passwd")


def test_a_large_body_fits_after_packing_and_comes_back(tmp_path):
    blobs = Blobs(tmp_path)
    body = {
        "id": "p1",
        "changes": [{"diff": "é" * 50_000, "a/b~c": "y" * 40_000}, {"diff": "short"}],
        "x": 1.5,
    }
    packed = blobs.pack(body)
    assert len(canonical(packed)) < LARGEST
    assert packed["changes"][1] == {"diff": "short"}
    assert blobs.unpack(json.loads(canonical(packed))) == body


def test_a_body_that_fits_stays_as_it_is(tmp_path):
    body = {"text": "x" * 50_000}
    assert Blobs(tmp_path).pack(body) == body
    assert Blobs(tmp_path).unpack(body) == body
    assert not list(tmp_path.iterdir())
    with pytest.raises(LedgerError, match="packed"):
        Blobs(tmp_path).pack({"packed": {"/x": "0" * 64}})


def test_a_folder_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(BadInput, match="could not be written"):
        Blobs(tmp_path / "file").put(b"x")
