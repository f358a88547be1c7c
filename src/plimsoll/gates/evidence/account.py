"""The trades of a bot, paper or live, from the record that is taken of its database."""

import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from plimsoll.gates.evidence.records import parsed_record, sealed_reading
from plimsoll.gates.evidence.results import CENT, TRADE_ROUNDING
from plimsoll.gates.kinds import Kind
from plimsoll.gates.reading import AHEAD, EvidenceError, Reading, moment, number
from plimsoll.performance.drawdown import drawdown_curve

DAY_SECONDS = 86_400.0


def read_account(content: bytes, now: datetime, since: datetime | None = None) -> Reading:
    """Read the record of a bot's database; figures are those of its trades and daily equity.

    ``since`` cuts it to what came after: the present step of capital.

    Raises
    ------
    EvidenceError
        When it is no such record.
    """
    record = parsed_record(content)
    kind = Kind(record["evidence"]["kind"])
    if kind not in (Kind.PAPER, Kind.LIVE):
        raise EvidenceError(f"it is a record of {kind.value}, not of a bot's trades")
    try:
        return _read(record, now, since)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise EvidenceError(f"it is no readable record of a bot ({error!r})") from None


def _read(record: Mapping[str, Any], now: datetime, since: datetime | None) -> Reading:
    begun, ended = (
        moment(record["started_at"], "started_at"),
        moment(record["ended_at"], "ended_at"),
    )
    first = begun if since is None else max(begun, since)
    trades = [_trade(one) for one in record["trades"]]
    closed = [one for one in trades if one["closed_at"] is not None and one["closed_at"] >= first]
    whole = _equity(record["equity"])
    equity = whole[whole.index >= pd.Timestamp(first)]
    faults = [*_faults(record, trades, begun, ended, now), *_equity_faults(record, trades, whole)]
    reading = sealed_reading(
        record,
        {
            "days": max(0.0, (ended - first).total_seconds() / DAY_SECONDS),
            "silence_hours": number(record, "longest_silence_hours"),
            "trades": float(len(closed)),
            "profit": float(sum(one["profit"] for one in closed)),
            "drawdown": float(drawdown_curve(equity).max()) if len(equity) else math.nan,
        },
        {
            "limits": dict(record["limits"]),
            "database": str(record["database"]),
            "began": first,
            "ended": ended,
        },
    )
    return reading.with_faults(*faults)


def _trade(told: Mapping[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = {
        name: number(told, name)
        for name in ("amount", "open_rate", "profit", "fees", "funding", "made")
    }
    closed = told["closed_at"]
    return {
        **made,
        "pair": str(told["pair"]),
        "id": told["id"],
        "opened_at": moment(told["opened_at"], "opened_at"),
        "closed_at": None if closed is None else moment(closed, "closed_at"),
    }


def _faults(
    record: Mapping[str, Any],
    trades: Sequence[Mapping[str, Any]],
    begun: datetime,
    ended: datetime,
    now: datetime,
) -> Iterator[str]:
    if ended < begun:
        yield "it ends before it begins"
    moments = [one[name] for one in trades for name in ("opened_at", "closed_at") if one[name]]
    if any(at > now + AHEAD for at in (begun, ended, *moments)):
        yield "it has a moment of the future"
    if any(at < begun - AHEAD for at in moments):
        yield "a trade is older than the bot"
    if len({one["id"] for one in trades}) < len(trades):
        yield "it has the same trade twice"
    if record["evidence"]["kind"] == Kind.PAPER and record["mode"] != "dry_run":
        yield f"it is of a bot in mode {record['mode']}, not of paper trading"
    if record["evidence"]["kind"] == Kind.LIVE and record["mode"] != "live":
        yield f"it is of a bot in mode {record['mode']}, not of live trading"
    if record["market"]:
        yield f"its prices are simulated ({record['market']}): time on them proves nothing"
    codes = sorted(set(record["codes"]))
    if len(codes) > 1:
        yield f"the bot ran with {len(codes)} versions of the code: {', '.join(codes)}"
    for one in trades:
        if one["closed_at"] is None:
            continue
        apart = abs(one["made"] + one["funding"] - one["fees"] - one["profit"])
        if apart > CENT + TRADE_ROUNDING * abs(one["amount"] * one["open_rate"]):
            yield (
                f"trade {one['id']} of {one['pair']} states {one['profit']:,.2f}, its fills made "
                f"{one['made'] + one['funding'] - one['fees']:,.2f}"
            )
            return


def _equity(rows: Sequence[Sequence[Any]]) -> "pd.Series[float]":
    """Return the account by moment; rows of moment and USD."""
    moments = [moment(at, "a moment of the equity") for at, _ in rows]
    values = np.array([float(usd) for _, usd in rows])
    if not np.isfinite(values).all():
        raise EvidenceError("an equity is no number")
    if any(later <= earlier for earlier, later in pairwise(moments)):
        raise EvidenceError("the moments of its equity do not rise")
    return pd.Series(values, index=pd.to_datetime(moments, utc=True), dtype="float64")


def _equity_faults(
    record: Mapping[str, Any], trades: Sequence[Mapping[str, Any]], equity: "pd.Series[float]"
) -> Iterator[str]:
    if len(equity) < 2:
        yield "its equity is known at fewer than two moments"
        return
    if any(one["closed_at"] is None for one in trades) or record["transferred"]:
        return
    last = float(equity.iloc[-1])
    start = number(record, "starting_balance")
    made = sum(one["profit"] for one in trades)
    newest = max((one["closed_at"] for one in trades), default=None)
    if newest is not None and pd.Timestamp(newest) > equity.index[-1]:
        return
    if abs(start + made - last) > CENT * max(1, len(trades)) + 1e-4 * start:
        yield f"its trades leave {start + made:,.2f}, its last equity is {last:,.2f}"
