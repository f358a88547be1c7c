"""Finished parts of a walk-forward: what is read back is what was kept."""

from pathlib import Path

import pandas as pd
import pytest

from plimsoll.core import PlimsollError
from plimsoll.lab.search.confirmation import fills_hash
from plimsoll.lab.search.epochs import Epochs
from plimsoll.lab.walk_forward.kept import content_record, keep, kept, trades_of, wallet_of
from tests.unit.lab.search.test_epochs import PARAMS


def test_trades_and_wallet_are_the_same_after_they_were_kept(
    epochs: Epochs, tmp_path: Path
) -> None:
    content = epochs.run(PARAMS)[1]
    content["wallet_summary"] = pd.DataFrame(
        {
            "date": [pd.Timestamp("2025-06-04 00:05", tz="UTC").to_pydatetime()],
            "currency": ["USDT"],
            "rate": [1],
            "balance": [10_000.125],
        }
    )
    file = tmp_path / "test-00.json"
    keep(file, content_record(content))
    record = kept(file)
    assert record is not None
    trades = trades_of(record)
    assert fills_hash(trades) == fills_hash(content["results"])
    assert list(trades.columns) == list(content["results"].columns)
    pd.testing.assert_series_equal(trades["open_date"], content["results"]["open_date"])
    wallet = wallet_of(record)
    assert wallet["balance"].to_list() == [10_000.125]
    assert wallet["date"].iloc[0] == pd.Timestamp("2025-06-04 00:05", tz="UTC")
    assert record["final_balance"] == content["final_balance"]


def test_nothing_that_was_kept_is_no_record(tmp_path: Path) -> None:
    assert kept(tmp_path / "none.json") is None


def test_a_damaged_record_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("{", encoding="utf-8")
    with pytest.raises(PlimsollError, match="delete it, and its window is run again"):
        kept(tmp_path / "a.json")
