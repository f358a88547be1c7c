import resource
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from plimsoll.archive.layout import Kind, Series
from plimsoll.archive.lock import sole_writer
from plimsoll.archive.store import append_rows, file_sha256, read_series, write_frame
from plimsoll.core import PlimsollError
from tests.conftest import random_candles

CANDLES = Series("BTC/USDT:USDT", Kind.CANDLES, "5m")
RATIOS = Series("BTC/USDT:USDT", Kind.RATIOS, "5m")


def test_an_append_adds_what_is_new_before_after_and_between(tmp_path: Path) -> None:
    whole = random_candles(100)
    append_rows(CANDLES, pd.concat([whole.iloc[20:40], whole.iloc[60:80]]), tmp_path)
    made = append_rows(CANDLES, whole, tmp_path)
    assert (made.added, made.rows, made.revision) == (60, 100, None)
    stored = read_series(CANDLES, tmp_path)
    assert stored["date"].tolist() == whole["date"].tolist()
    assert stored["close"].tolist() == whole["close"].tolist()


def test_an_append_without_news_leaves_the_file_untouched(tmp_path: Path) -> None:
    whole = random_candles(50)
    append_rows(CANDLES, whole, tmp_path)
    before = CANDLES.path(tmp_path).stat().st_mtime_ns
    assert append_rows(CANDLES, whole.iloc[10:20], tmp_path).added == 0
    assert CANDLES.path(tmp_path).stat().st_mtime_ns == before


def test_revised_history_is_reported_and_the_stored_value_kept(tmp_path: Path) -> None:
    whole = random_candles(50)
    append_rows(CANDLES, whole, tmp_path)
    revised = whole.copy()
    revised.loc[[7, 9], "close"] *= 1.01
    made = append_rows(CANDLES, revised, tmp_path)
    assert made.added == 0
    assert made.revision is not None
    assert (made.revision.rows, made.revision.column) == (2, "close")
    assert (made.revision.first, made.revision.last) == (whole["date"][7], whole["date"][9])
    assert made.revision.stored == whole["close"][7]
    assert read_series(CANDLES, tmp_path)["close"].tolist() == whole["close"].tolist()


def test_a_ratio_rounded_by_the_rest_endpoint_is_no_revision(tmp_path: Path) -> None:
    dates = pd.date_range("2025-01-01", periods=3, freq="5min", tz="UTC")
    values = {name: [1.40167568, 0.99996, 2.0] for name in RATIOS_COLUMNS}
    exact = pd.DataFrame({"date": dates, **values})
    append_rows(RATIOS, exact.round(dict.fromkeys(values, 4)), tmp_path)
    assert append_rows(RATIOS, exact, tmp_path).revision is None
    assert append_rows(RATIOS, exact.assign(account_ratio=1.41), tmp_path).revision is not None


RATIOS_COLUMNS = [
    "top_trader_account_ratio",
    "top_trader_position_ratio",
    "account_ratio",
    "taker_volume_ratio",
]


def test_a_damaged_file_is_named_and_kept(tmp_path: Path) -> None:
    file = CANDLES.path(tmp_path)
    append_rows(CANDLES, random_candles(500), tmp_path)
    file.write_bytes(file.read_bytes()[:1000])
    with pytest.raises(PlimsollError, match=r"cannot be read.*move it away"):
        append_rows(CANDLES, random_candles(10), tmp_path)
    assert file.stat().st_size == 1000


def test_a_file_without_a_column_is_refused(tmp_path: Path) -> None:
    write_frame(CANDLES.path(tmp_path), random_candles(5).rename(columns={"close": "last"}))
    with pytest.raises(PlimsollError, match="close is missing"):
        read_series(CANDLES, tmp_path)


def test_dates_without_a_time_zone_are_refused(tmp_path: Path) -> None:
    naive = random_candles(5)
    naive["date"] = naive["date"].dt.tz_localize(None)
    write_frame(CANDLES.path(tmp_path), naive)
    with pytest.raises(PlimsollError, match="time zone"):
        read_series(CANDLES, tmp_path)


FULL_DISK = """
import resource, signal, sys
from pathlib import Path
from plimsoll.core import PlimsollError
from plimsoll.archive.layout import Kind, Series
from plimsoll.archive.store import append_rows
from tests.conftest import random_candles
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
try:
    series = Series("BTC/USDT:USDT", Kind.CANDLES, "5m")
    append_rows(series, random_candles(5000), Path(sys.argv[1]))
except PlimsollError as error:
    print(error)
"""


def test_a_disk_that_takes_no_more_loses_nothing(tmp_path: Path, root: Path) -> None:
    assert resource.RLIMIT_FSIZE is not None
    append_rows(CANDLES, random_candles(100), tmp_path)
    before = file_sha256(CANDLES.path(tmp_path))
    done = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(tmp_path)], capture_output=True, text=True, cwd=root
    )
    assert done.returncode == 0, done.stderr
    assert "cannot write" in done.stdout
    assert "what was stored before is untouched" in done.stdout
    assert file_sha256(CANDLES.path(tmp_path)) == before
    assert [file.name for file in CANDLES.path(tmp_path).parent.iterdir()] == [
        CANDLES.path(tmp_path).name
    ]


def test_a_second_writer_is_refused_and_a_dead_one_leaves_no_lock(tmp_path: Path) -> None:
    held = (
        "import sys, time\nfrom pathlib import Path\nfrom plimsoll.archive.lock import sole_writer"
    )
    held += (
        "\nwith sole_writer(Path(sys.argv[1])):\n    print('held', flush=True)\n    time.sleep(60)"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", held, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(PlimsollError, match="another backfill"), sole_writer(tmp_path):
            pass
    finally:
        holder.kill()
        holder.communicate()
    with sole_writer(tmp_path):
        pass


def test_missing_values_equal_missing_values(tmp_path: Path) -> None:
    series = Series("XRP/USDT:USDT", Kind.OPEN_INTEREST, "5m")
    rows = pd.DataFrame(
        {
            "date": pd.date_range("2025-01-01", periods=3, freq="5min", tz="UTC"),
            "open_interest_amount": [1, 2, 3],
            "open_interest_value": np.nan,
        }
    )
    append_rows(series, rows, tmp_path)
    assert append_rows(series, rows, tmp_path).revision is None
