"""The trade journal in lines and as plain values: each trade, its why, and the log's hashes."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from plimsoll.journal.trade_notes import Evidence, TradeNote
from plimsoll.journal.words import printable
from plimsoll.performance.fills import trade_fills
from plimsoll.reporting.digest_words import signed
from plimsoll.reporting.words import money_digits, number, percent, since, time_text

HASH_DIGITS = 12
"""Of a record's hash, as many as a line has room for; the JSON has all of it."""
NOT_ON_RECORD = "not on record"


@dataclass(frozen=True)
class JournalEntry:
    """One trade with all that is on record of it.

    Money is of the stake currency. ``fees_usd`` are those of its fills, ``funding_usd`` is below 0
    where it was paid; ``profit_usd`` is after both, NaN while it is open.
    """

    pair: str
    side: str
    opened: pd.Timestamp
    closed: pd.Timestamp | None
    entry_price: float
    exit_price: float
    amount: float
    stake_usd: float
    leverage: float
    fees_usd: float
    funding_usd: float
    profit_usd: float
    tag: str
    exit_reason: str
    note: TradeNote = field(default_factory=TradeNote)

    @property
    def profit_fraction(self) -> float:
        """Profit over stake; NaN where one of them is not known."""
        return self.profit_usd / self.stake_usd if self.stake_usd > 0.0 else math.nan

    @property
    def records(self) -> list[Evidence]:
        """The log's records that say so, in the log's order."""
        return sorted(self.note.evidence, key=lambda one: one.seq)

    @property
    def hours(self) -> float:
        """How long it was held; NaN while it is open."""
        if self.closed is None:
            return math.nan
        return float((self.closed - self.opened) / pd.Timedelta(hours=1))

    def as_record(self) -> dict[str, Any]:
        """Return plain values for JSON; NaN becomes None."""
        note = self.note
        plain = {
            "pair": self.pair,
            "side": self.side,
            "opened": self.opened.isoformat(),
            "closed": None if self.closed is None else self.closed.isoformat(),
            "entry_price": self.entry_price,
            "exit_price": self.exit_price,
            "amount": self.amount,
            "stake_usd": self.stake_usd,
            "leverage": self.leverage,
            "fees_usd": self.fees_usd,
            "funding_usd": self.funding_usd,
            "profit_usd": self.profit_usd,
            "profit_fraction": self.profit_fraction,
            "tag": self.tag,
            "exit_reason": self.exit_reason,
            "why_entered": note.entry or None,
            "guards_said": note.verdict or None,
            "why_left": note.exit or None,
            "features": dict(note.features),
            "records": [
                {"kind": one.kind, "seq": one.seq, "at": one.at, "hash": one.hash}
                for one in self.records
            ],
        }
        return {
            name: None if isinstance(value, float) and not math.isfinite(value) else value
            for name, value in plain.items()
        }


def journal_entries(
    trades: pd.DataFrame, notes: Mapping[tuple[str, pd.Timestamp], TradeNote]
) -> list[JournalEntry]:
    """Return an entry a trade, in their order.

    ``trades``: those of a `plimsoll.reporting.trading_record.TradingRecord`. ``notes``: what the
    decision log says, by pair and opening.
    """
    whole = trades.reset_index(drop=True)
    fees = trade_fills(whole).groupby("trade")["fee_usd"].sum()
    return [
        JournalEntry(
            pair=str(row["pair"]),
            side="short" if row["is_short"] else "long",
            opened=row["open_date"],
            closed=None if pd.isna(row["close_date"]) else row["close_date"],
            entry_price=float(row["open_rate"]),
            exit_price=float(row["close_rate"]),
            amount=float(row["amount"]),
            stake_usd=float(row["stake_amount"]),
            leverage=float(row["leverage"]),
            fees_usd=float(fees.get(place, 0.0)),
            funding_usd=float(row["funding_fees"]),
            profit_usd=float(row["profit_abs"]),
            tag=str(row["enter_tag"]),
            exit_reason=str(row["exit_reason"]),
            note=notes.get((row["pair"], row["open_date"]), TradeNote()),
        )
        for place, row in enumerate(whole.to_dict("records"))
    ]


def entry_lines(entry: JournalEntry, currency: str) -> list[str]:
    """Tell one trade: what it made, why it was entered and left, and where the log says so."""
    made, digits = "still open", money_digits(currency)
    if entry.closed is not None:
        made = f"{signed(entry.profit_usd, digits)} {currency} "
        made += f"({percent(entry.profit_fraction)} of stake) after {since(entry.hours)}"
    leverage = f", {entry.leverage:g} times leverage" if entry.leverage != 1.0 else ""
    tag = f"tag {entry.tag}" if entry.tag else NOT_ON_RECORD
    stake = f"stake {number(entry.stake_usd, digits)}{leverage}"
    lines = [
        f"{entry.pair} {entry.side}, {time_text(entry.opened)}: {made}",
        f"  entry    {entry.entry_price:.8g}, {stake}; {entry.note.entry or tag}",
        f"  guards   {entry.note.verdict or NOT_ON_RECORD}",
    ]
    if entry.closed is not None:
        why = entry.note.exit or entry.exit_reason or NOT_ON_RECORD
        lines.append(f"  exit     {entry.exit_price:.8g} at {time_text(entry.closed)}; {why}")
    fees, funding = number(-entry.fees_usd, digits), signed(entry.funding_usd, digits)
    lines.append(f"  costs    fees {fees}, funding {funding}")
    if entry.note.features:
        told = ", ".join(
            f"{name} {value:.6g}" for name, value in sorted(entry.note.features.items())
        )
        lines.append(f"  features {told}")
    return [printable(one) for one in (*lines, f"  log      {_records_said(entry.records)}")]


def _records_said(records: Sequence[Evidence]) -> str:
    told = [f"{one.kind} {one.seq} {one.hash[:HASH_DIGITS]}" for one in records]
    return ", ".join(told) or NOT_ON_RECORD


def journal_text(entries: Sequence[JournalEntry], currency: str, log_said: str) -> str:
    """Return the journal as lines, with what is to be known of the log at the end."""
    blocks = ["\n".join(entry_lines(entry, currency)) for entry in entries]
    return "\n\n".join([*(blocks or ["No trade in this time."]), log_said]) + "\n"
