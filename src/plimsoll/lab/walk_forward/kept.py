"""The finished parts of a walk-forward, kept so that a killed one goes on where it was."""

import json
from pathlib import Path
from typing import Any

import orjson
import pandas as pd
from freqtrade.data.btanalysis import BT_DATA_COLUMNS

from plimsoll.core import PlimsollError

COUNTS = (
    *("rejected_signals", "timedout_entry_orders", "timedout_exit_orders"),
    *("canceled_trade_entries", "canceled_entry_orders", "replaced_entry_orders"),
)
DATES = ("open_date", "close_date")


class KeptLock:
    """A lock of a backtest that was kept, for Freqtrade's statistics."""

    def __init__(self, told: dict[str, Any]) -> None:
        self._told = told

    def to_json(self) -> dict[str, Any]:
        """Return the lock as Freqtrade writes it."""
        return self._told


def keep(file: Path, record: dict[str, Any]) -> None:
    """Write a record, whole or not at all."""
    half = file.with_suffix(".half")
    half.write_bytes(orjson.dumps(record, option=orjson.OPT_SERIALIZE_NUMPY, default=str))
    half.replace(file)


def kept(file: Path) -> dict[str, Any] | None:
    """Return a record that was kept; ``None`` where there is none.

    Raises
    ------
    PlimsollError
        When it was changed and is no record any more.
    """
    try:
        return dict(json.loads(file.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise PlimsollError(
            f"{file} is damaged ({error}); delete it, and its window is run again"
        ) from None


def content_record(content: dict[str, Any]) -> dict[str, Any]:
    """Return what Freqtrade made of a test as plain values."""
    trades = content["results"].drop(columns=list(DATES), errors="ignore")
    wallet = content.get("wallet_summary")
    rows = [] if wallet is None or wallet.empty else _wallet_rows(wallet)
    return {
        "trades": trades.to_dict(orient="records"),
        "locks": [lock.to_json() for lock in content["locks"]],
        "wallet": rows,
        "final_balance": float(content["final_balance"]),
        **{name: int(content.get(name, 0)) for name in COUNTS},
    }


def trades_of(record: dict[str, Any]) -> pd.DataFrame:
    """Return the trades of a record, as Freqtrade's own frame."""
    frame = pd.DataFrame.from_records(record["trades"], columns=BT_DATA_COLUMNS)
    if len(frame):
        for side in ("open", "close"):
            frame[f"{side}_date"] = pd.to_datetime(frame[f"{side}_timestamp"], unit="ms", utc=True)
        frame["close_rate"] = frame["close_rate"].astype("float64")
    return frame


def wallet_of(record: dict[str, Any]) -> pd.DataFrame:
    """Return the wallet of a record at every candle, as Freqtrade collects it."""
    frame = pd.DataFrame(record["wallet"], columns=["date", "currency", "rate", "balance"])
    frame["date"] = pd.to_datetime(frame["date"], unit="ms", utc=True)
    return frame


def _wallet_rows(wallet: pd.DataFrame) -> list[list[Any]]:
    at = pd.DatetimeIndex(wallet["date"]).as_unit("ms").asi8.tolist()
    columns = [wallet[name].tolist() for name in ("currency", "rate", "balance")]
    return [list(row) for row in zip(at, *columns, strict=True)]
