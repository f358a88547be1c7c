"""The trades of a bot as evidence: taken from its database and its decision log, read only."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

if TYPE_CHECKING:
    from plimsoll.cli.bot_run import Wanted
    from plimsoll.gates.subject import Subject

HOUR_SECONDS = 3600.0
MODES = {"paper": "dry_run", "live": "live"}


@dataclass
class LogFacts:
    """What the starts and the moments of a decision log say of one strategy's bot."""

    codes: list[str] = field(default_factory=list)
    modes: list[str] = field(default_factory=list)
    markets: list[str] = field(default_factory=list)
    profile: Mapping[str, Any] = field(default_factory=dict)
    config: Mapping[str, Any] = field(default_factory=dict)
    first_at: datetime | None = None
    last_at: datetime | None = None
    longest_silence: timedelta = timedelta(0)

    def take(self, record: Mapping[str, Any], at: datetime, strategy: str) -> None:
        """Take the next record of the log."""
        if record["kind"] == "start":
            if record.get("strategy") != strategy:
                return
            self.codes.append(str(record.get("code_fingerprint")))
            self.modes.append(str(record.get("mode")))
            self.profile = dict(record.get("profile") or {})
            self.config = nested(record.get("config") or {})
            if market := (self.config.get("plimsoll") or {}).get("market"):
                self.markets.append(str(market))
        if self.first_at is None and not self.codes:
            return
        if self.last_at is not None:
            self.longest_silence = max(self.longest_silence, at - self.last_at)
        self.first_at = self.first_at or at
        self.last_at = at


def nested(flat: Mapping[str, Any]) -> dict[str, Any]:
    """Return a flat config, as a log has it, as its layers wrote it."""
    made: dict[str, Any] = {}
    for key, value in flat.items():
        *above, name = str(key).split(".")
        place = made
        for part in above:
            place = place.setdefault(part, {})
        place[name] = value
    return made


def log_facts(folder: Path, strategy: str) -> LogFacts:
    """Read a decision log from the first start of a strategy on."""
    from plimsoll.journal.history import moment
    from plimsoll.journal.reading import Reading

    facts = LogFacts()
    for record in Reading().records(folder):
        facts.take(record, moment(record), strategy)
    return facts


def account_record(
    kind: str, wanted: "Wanted", decisions: Path, subject: "Subject", now: datetime
) -> dict[str, Any]:
    """Return the record of a bot's trades and equity, for the gates.

    ``kind`` is ``paper`` or ``live``; ``decisions`` is the folder of the bot's decision log.

    Raises
    ------
    PlimsollError
        When its database cannot be read, or has no trade of the strategy.
    """
    from plimsoll.cli.bot_run import bot_run
    from plimsoll.gates.kinds import Kind
    from plimsoll.gates.records import as_evidence
    from plimsoll.gates.subject import config_fingerprint

    run = bot_run(wanted)
    record, facts = run.record, log_facts(decisions, subject.strategy)
    last = max(one for one in (facts.last_at, record.end.to_pydatetime()) if one is not None)
    began = facts.first_at or record.start.to_pydatetime()
    silent = facts.longest_silence
    if facts.last_at is not None:
        silent = max(silent, last - facts.last_at)
    body = {
        "mode": facts.modes[-1] if facts.modes else None,
        "market": facts.markets[0] if facts.markets else "",
        "database": run.record.facts.get("Database", ""),
        "codes": facts.codes,
        "limits": dict(facts.profile),
        "started_at": min(began, record.start.to_pydatetime()).isoformat(),
        "ended_at": last.isoformat(),
        "longest_silence_hours": silent.total_seconds() / HOUR_SECONDS,
        "starting_balance": record.starting_balance_usd,
        "transferred": any("came or went" in remark for remark in run.remarks),
        "trades": list(_trades(record.trades)),
        "equity": _equity(record.equity),
        "remarks": list(run.remarks),
    }
    made_with = {
        "strategy": subject.strategy,
        "code": facts.codes[-1] if facts.codes else None,
        "config": config_fingerprint(facts.config) if facts.config else None,
        "freqtrade": subject.freqtrade,
        "plimsoll": subject.plimsoll,
    }
    return as_evidence(Kind(kind), body, made_with, min(last, now).astimezone(UTC))


def _trades(trades: pd.DataFrame) -> Iterable[dict[str, Any]]:
    from plimsoll.performance.fills import trade_fills

    whole = trades.reset_index(drop=True)
    fills = trade_fills(whole)
    cash = (-fills["amount"] * fills["price_usd"]).groupby(fills["trade"]).sum()
    fees = fills["fee_usd"].groupby(fills["trade"]).sum()
    for number, row in enumerate(whole.to_dict("records")):
        closed = row["close_date"]
        is_open = pd.isna(closed)
        yield {
            "id": number + 1,
            "pair": row["pair"],
            "side": "short" if row["is_short"] else "long",
            "opened_at": row["open_date"].isoformat(),
            "closed_at": None if is_open else closed.isoformat(),
            "open_rate": float(row["open_rate"]),
            "amount": float(row["amount"]),
            "made": float(cash.get(number, 0.0)),
            "fees": float(fees.get(number, 0.0)),
            "funding": float(row["funding_fees"]),
            "profit": 0.0 if is_open else float(row["profit_abs"]),
        }


def _equity(equity: "pd.Series[float]") -> Sequence[tuple[str, float]]:
    """Return the last value of each hour, and the first and last of all."""
    index = pd.DatetimeIndex(equity.index)
    by_hour = equity.groupby(index.floor("h")).tail(1)
    lowest = equity.groupby(index.floor("h")).idxmin()
    kept = equity.loc[index.isin(by_hour.index) | index.isin(pd.DatetimeIndex(lowest))]
    kept = kept[~kept.index.duplicated(keep="last")]
    return [
        (at.isoformat(), round(float(usd), 6))
        for at, usd in zip(pd.DatetimeIndex(kept.index), kept, strict=True)
    ]
