"""What the decision log costs a bot, and how long a year of it takes to check and to ask."""

import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median

from plimsoll.journal.check import verify
from plimsoll.journal.log import DecisionLog
from plimsoll.journal.why import why

START = datetime(2025, 1, 1, tzinfo=UTC)
CANDLE = timedelta(minutes=5)
CANDLES = 365 * 288
PAIRS = {
    f"{base}/USDT:USDT": {"signal": "none", "tag": None, "locked": None}
    for base in ("BTC", "ETH", "SOL", "XRP")
}
DENIAL = {
    "pair": "BTC/USDT:USDT",
    "side": "long",
    "rule": "daily_loss",
    "reason": "lost 3.2 % of the day's starting equity, the limit is 3 %",
    "value": 0.032,
    "limit": 0.03,
    "stake_usd": 100.0,
    "tag": "trend",
}


def run(*, candles: int = CANDLES) -> dict[str, float]:
    """Return microseconds of one record, and seconds for a year of candles of four pairs."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with DecisionLog(folder / "records", secrets=["a-token-of-a-bot"]) as log:
            candle = _microseconds(lambda: log.append("candle", START, candle=START, pairs=PAIRS))
            denial = _microseconds(lambda: log.append("denial", START, **DENIAL))
            durable = _microseconds(
                lambda: log.append("halt", START, durable=True, rule="drawdown"), repeats=50
            )
        with DecisionLog(folder / "year") as log:
            for number in range(1, candles + 1):
                log.append("candle", START + number * CANDLE, candle=START, pairs=PAIRS)
        return {
            "decision_log_candle_us": candle,
            "decision_log_denial_us": denial,
            "decision_log_halt_us": durable,
            "decision_log_verify_year_seconds": _seconds(lambda: verify(folder / "year")),
            "decision_log_why_year_seconds": _seconds(lambda: why(folder / "year", "BTC")),
        }


def _microseconds(work: Callable[[], object], *, repeats: int = 5000) -> float:
    taken = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        taken.append(time.perf_counter() - start)
    return median(taken) * 1e6


def _seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start
