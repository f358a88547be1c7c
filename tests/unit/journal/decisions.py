"""Decision logs as a bot would write them, on a clock of their own."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from plimsoll.journal.files import lines
from plimsoll.journal.log import DecisionLog

BTC, ETH = "BTC/USDT:USDT", "ETH/USDT:USDT"
START = datetime(2026, 11, 20, 14, 0, tzinfo=UTC)
CANDLE = timedelta(minutes=5)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def raw(folder: Path) -> list[dict[str, object]]:
    return [json.loads(line) for file in sorted(folder.glob("*.jsonl")) for line in lines(file)]


def written(folder: Path, **fields: object) -> dict[str, object]:
    with DecisionLog(folder) as log:
        log.append("test", START, **fields)
    return raw(folder)[-1]


class Bot:
    """Writes what a bot would, two seconds after each candle of five minutes."""

    def __init__(self, folder: Path, *, start: datetime = START) -> None:
        self.folder = folder
        self.log = DecisionLog(folder)
        self.now = start + timedelta(seconds=2)
        self.write("start", mode="dry_run", strategy="TrendFollow", config={}, changed={})

    def write(self, kind: str, *, after_seconds: float = 0.0, **fields: Any) -> dict[str, Any]:
        return self.log.append(kind, self.now + timedelta(seconds=after_seconds), **fields)

    def candle(self, signal: str = "none", locked: str | None = None, pair: str = BTC) -> None:
        """One candle of two pairs; the other has no signal."""
        self.now += CANDLE
        rows = {name: {"signal": "none", "tag": None, "locked": None} for name in (BTC, ETH)}
        rows[pair] = {"signal": signal, "tag": None, "locked": locked}
        self.write("candle", candle=self.now - timedelta(seconds=2), pairs=rows)
        if signal in ("long", "short"):
            self.write("signal", after_seconds=0.1, pair=pair, side=signal, tag="trend")

    def candles(self, count: int) -> None:
        for _ in range(count):
            self.candle()

    def trade(self, number: int, pair: str = BTC) -> None:
        """A long signal that is ordered and filled."""
        self.candle("long", pair=pair)
        self.write(
            "order",
            after_seconds=1,
            pair=pair,
            side="long",
            stake_usd=100.0,
            price=42_000.0,
            leverage=3.0,
            tag="trend",
        )
        self.write(
            "fill",
            after_seconds=2,
            pair=pair,
            trade=number,
            price=42_001.5,
            amount=0.007,
            side="buy",
        )

    def leave(self, number: int, pair: str = BTC) -> None:
        self.write(
            "exit",
            after_seconds=3,
            pair=pair,
            trade=number,
            reason="roi",
            profit_usd=1.5,
            profit_fraction=0.015,
        )
