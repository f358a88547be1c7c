"""What must hold of drawn settings: observing changes nothing, enforcing keeps its word."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd

Row = Mapping[str, Any]

CANDLE = timedelta(minutes=5)
OURS = "plimsoll_"
SLACK = 1.15
"""Of a limit over equity: prices and equity have moved since, by far less."""
SAME = ("observe", "off")


def rows_of(file: Path) -> dict[tuple[int, str], Row]:
    """Return what was written of each setting, by its number and the guards."""
    rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    return {(row["number"], row["guards"]): row for row in rows}


def difference(bare: Row, guarded: Row) -> str | None:
    """Return the first thing by which a guarded run differs from the bare one; ``None`` if none."""
    if "error" in bare or "error" in guarded:
        one, other = bare.get("error"), guarded.get("error")
        return None if one == other else f"error {one!r}, guarded {other!r}"
    one, other = bare["result"], guarded["result"]
    for number, (trade, same) in enumerate(zip(one["trades"], other["trades"], strict=False)):
        for name in trade.keys() | same.keys():
            if trade.get(name) != same.get(name):
                return f"trade {number} {name}: {trade.get(name)!r}, guarded {same.get(name)!r}"
    if len(one["trades"]) != len(other["trades"]):
        return f"{len(one['trades'])} trades, guarded {len(other['trades'])}"
    for name in one.keys() | other.keys():
        if one.get(name) != other.get(name):
            return f"{name}: {str(one.get(name))[:200]}, guarded {str(other.get(name))[:200]}"
    return None


def broken_promises(setting: Row, row: Row, *, whole_data: bool) -> Iterator[str]:
    """Yield what an enforcing run's trades and its acts say against each other or the limits."""
    if "error" in row:
        return
    section, result = row["plimsoll"], row["result"]
    trades, acts, risk = result["trades"], section["acts"], section["profile"]
    start, end = _at(result["backtest_start"]), _at(result["backtest_end"])
    yield from _closings(trades, acts, section["totals"])
    halts = list(_halts(acts, end))
    yield from _while_halted(trades, halts, lenient=not whole_data)
    days = sum(((to - since) / timedelta(days=1) for since, to in halts), 0.0)
    if abs(days - section["totals"]["days_halted"]) > 1e-6:
        yield f"{days} days halted by the acts, {section['totals']['days_halted']} by the totals"
    yield from _rearms(acts, setting["guarded"]["backtest_rearm"]["after_days"], trades)
    yield from _limits(trades, risk, start)
    yield from _sizes(trades, risk, float(setting["config"]["dry_run_wallet"]))
    yield from _counts(section, result)


def _closings(trades: Sequence[Row], acts: Sequence[Row], totals: Row) -> Iterator[str]:
    by_guards = sorted(
        (_at(one["close_date"]), one["pair"], one["exit_reason"].removeprefix(OURS))
        for one in trades
        if one["exit_reason"].startswith(OURS)
    )
    closed = sorted(
        (_at(one["at"]), one["pair"], one["rule"]) for one in acts if one["event"] == "closed"
    )
    if by_guards != closed:
        yield f"closed by guards {by_guards}, by the acts {closed}"
    if totals["positions_closed"] != len(closed):
        yield f"{totals['positions_closed']} closed by the totals, {len(closed)} by the acts"


def _halts(acts: Iterable[Row], end: datetime) -> Iterator[tuple[datetime, datetime]]:
    since: datetime | None = None
    for act in acts:
        if act["event"] == "halted" and act["pair"] is None and since is None:
            since = _at(act["at"])
        elif act["event"] == "rearmed" and since is not None:
            yield since, _at(act["at"])
            since = None
    if since is not None:
        yield since, max(since, end)


def _while_halted(
    trades: Sequence[Row], halts: Sequence[tuple[datetime, datetime]], *, lenient: bool
) -> Iterator[str]:
    for since, to in halts:
        for trade in trades:
            opened, closed = _at(trade["open_date"]), _at(trade["close_date"])
            if since <= opened < to:
                yield f"{trade['pair']} entered at {opened}, halted from {since} to {to}"
            if opened < since and closed > since + CANDLE and not lenient:
                yield f"{trade['pair']} of {opened} closed at {closed}, halted from {since}"
            entries = [
                _at(pd.Timestamp(order["order_filled_timestamp"], unit="ms", tz="UTC"))
                for order in trade["orders"]
                if order["ft_is_entry"] and order["order_filled_timestamp"]
            ]
            late = [at for at in entries if since < at < to]
            if late:
                yield f"{trade['pair']} entry filled at {late}, halted from {since} to {to}"


def _rearms(acts: Sequence[Row], after: float | None, trades: Sequence[Row]) -> Iterator[str]:
    since: datetime | None = None
    for act in acts:
        at = _at(act["at"])
        if act["event"] == "halted" and act["pair"] is None and since is None:
            since = at
        elif act["event"] == "rearmed":
            if after is None or since is None:
                yield f"re-armed at {at}, after_days {after}, halted since {since}"
                continue
            wanted = since + timedelta(days=after)
            is_open = any(
                _at(one["open_date"]) < wanted <= _at(one["close_date"]) for one in trades
            )
            if at != wanted and not is_open:
                yield f"re-armed at {at}, expected at {wanted}"
            since = None


def _limits(trades: Sequence[Row], risk: Row, start: datetime) -> Iterator[str]:
    highest = max(risk["max_leverage"], risk["proven_max_leverage"] or 0)
    for trade in trades:
        if trade["leverage"] > highest:
            yield f"{trade['pair']} has leverage {trade['leverage']}"
    marks = sorted({_at(one["open_date"]) for one in trades})
    for now in marks:
        held = [one for one in trades if _at(one["open_date"]) <= now < _at(one["close_date"])]
        pairs = {one["pair"] for one in held}
        if len(pairs) > risk["max_open_positions"]:
            yield f"{len(pairs)} pairs held at {now}"


def _sizes(trades: Sequence[Row], risk: Row, wallet_usd: float) -> Iterator[str]:
    """Look at what is held after each fill, at the prices paid: no more than the limits leave."""
    fills = sorted(
        (
            order["order_filled_timestamp"],
            order["ft_is_entry"],
            trade["pair"],
            order["amount"],
            order["cost"],
        )
        for trade in trades
        for order in trade["orders"]
        if order["order_filled_timestamp"]
    )
    held: dict[str, tuple[float, float]] = {}
    for stamp, enters, pair, amount, cost in fills:
        before, paid = held.get(pair, (0.0, 0.0))
        if not enters:
            left = max(0.0, before - amount)
            held[pair] = left, paid * left / before if before > 0 else 0.0
            continue
        held[pair] = before + amount, paid + cost
        for name, size in (
            ("max_position_fraction", held[pair][1]),
            ("max_exposure_fraction", sum(cost for _, cost in held.values())),
        ):
            if size > risk[name] * wallet_usd * SLACK + 10:
                yield f"{pair} at {pd.Timestamp(stamp, unit='ms')}: {size:.0f} over {name}"


def _counts(section: Row, result: Row) -> Iterator[str]:
    totals = section["totals"]
    entries = sum(one["count"] for one in section["denials"] if one["kind"] == "entry")
    if entries != totals["entries_denied"]:
        yield f"{entries} entries denied by the rows, {totals['entries_denied']} by the totals"
    if totals["entries_denied"] > totals["entries_asked"]:
        yield f"{totals['entries_denied']} denied of {totals['entries_asked']} asked"
    for row in section["denials"]:
        if sum(row["by_day"].values()) != row["count"]:
            yield f"{row['rule']} {row['kind']}: days do not add up"


def _at(moment: Any) -> datetime:
    at: datetime = pd.Timestamp(moment).to_pydatetime()
    return at.replace(tzinfo=pd.Timestamp(0, tz="UTC").tzinfo) if at.tzinfo is None else at
