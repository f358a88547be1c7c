from pathlib import Path

import pandas as pd
import pytest

from plimsoll.archive.layout import Kind, Series
from plimsoll.archive.manifest import (
    MANIFEST,
    day_record,
    describe,
    read_manifest,
    read_record,
    record_series,
    text_of,
    write_record,
)
from plimsoll.archive.store import Revision, append_rows, file_sha256
from plimsoll.core import PlimsollError

SERIES = Series("BTC/USDT:USDT", Kind.FUNDING, "1h")
FIRST, LAST = pd.Timestamp("2024-03-01", tz="UTC"), pd.Timestamp("2024-03-01 08:00", tz="UTC")


@pytest.fixture
def datadir(tmp_path: Path) -> Path:
    rows = pd.DataFrame({"date": [FIRST, LAST], "funding_rate": [1e-4, 2e-4]})
    append_rows(SERIES, rows, tmp_path)
    return tmp_path


def _revision(stored: float) -> Revision:
    return Revision(SERIES, 1, FIRST, FIRST, "funding_rate", stored, 3e-4)


def test_a_record_is_read_back_as_written(tmp_path: Path) -> None:
    file = day_record(tmp_path, "BTCUSDT")
    assert read_record(file) == {}
    write_record(file, {"b": 1, "a": None})
    assert read_record(file) == {"a": None, "b": 1}
    assert file.read_text().index('"a"') < file.read_text().index('"b"')


@pytest.mark.parametrize("content", ["", "[1", "3 4"])
def test_a_damaged_record_is_an_error_with_its_remedy(tmp_path: Path, content: str) -> None:
    file = tmp_path / "record.json"
    file.write_text(content)
    with pytest.raises(PlimsollError, match=r"expected a JSON object in .*remove it"):
        read_record(file)


def test_a_series_is_described_with_its_span_and_hash(datadir: Path) -> None:
    assert describe(SERIES, datadir) == {
        "pair": "BTC/USDT:USDT",
        "kind": "funding",
        "timeframe": "1h",
        "first": "2024-03-01T00:00:00Z",
        "last": "2024-03-01T08:00:00Z",
        "rows": 2,
        "sha256": file_sha256(SERIES.path(datadir)),
    }


def test_a_manifest_keeps_what_it_knows_beside_the_changed_series(datadir: Path) -> None:
    write_record(datadir / MANIFEST, {"asked": {"x": []}, "files": {"y": {"rows": 1}}})
    record_series(datadir, [SERIES], [], exchange="binance")
    manifest = read_manifest(datadir)
    name = SERIES.path(datadir).relative_to(datadir).as_posix()
    assert manifest["asked"] == {"x": []}
    assert set(manifest["files"]) == {"y", name}
    assert manifest["files"][name] == describe(SERIES, datadir)
    assert manifest["exchange"] == "binance"


def test_a_revision_is_recorded_once(datadir: Path) -> None:
    record_series(datadir, [SERIES], [_revision(1e-4)], exchange="binance")
    record_series(datadir, [SERIES], [_revision(1e-4), _revision(2e-4)], exchange="binance")
    differences = [entry["difference"] for entry in read_manifest(datadir)["revisions"]]
    assert differences == [str(_revision(1e-4)), str(_revision(2e-4))]


def test_a_moment_is_written_in_seconds() -> None:
    assert text_of(LAST) == "2024-03-01T08:00:00Z"
