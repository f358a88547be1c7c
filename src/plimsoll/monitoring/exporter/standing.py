"""What a guarded bot wrote of itself after its last loop, in figures."""

import os
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

from plimsoll.core import Mode, PlimsollError
from plimsoll.monitoring.bot_traces import STATUS, is_flag_up
from plimsoll.monitoring.exporter.samples import Samples
from plimsoll.monitoring.store import CONTROL_BOT_SECONDS, age_of

LEVELS = ("equity_usd", "day_start_equity_usd", "high_water_equity_usd")
MOST_PAIRS = 100
"""Of which a value each is shown; a whitelist is longer only by mistake."""


def read_status(folder: Path) -> tuple[dict[str, Any], float]:
    """Return a bot's last status, and the time of the file in seconds since 1970.

    Raises
    ------
    PlimsollError, OSError
        When there is none, or it is no such record.
    """
    with (folder / STATUS).open("rb") as file:
        written_at = os.fstat(file.fileno()).st_mtime
        content = file.read()
    try:
        status = orjson.loads(content)
        datetime.fromisoformat(status["as_of"])
    except (ValueError, TypeError, KeyError) as error:
        raise PlimsollError(f"{STATUS} cannot be read: {error}") from None
    return status, written_at


def status_samples(folder: Path, status: Mapping[str, Any]) -> Samples:
    """Return the figures of a status; ages are against its own time, the bot's.

    Raises
    ------
    KeyError, TypeError, ValueError
        When it is no status of a guarded bot.
    """
    samples, at = Samples(), _time(status["as_of"])
    samples.add("bot_strategy_info", 1.0, str(status.get("strategy")), str(status.get("guards")))
    samples.add("bot_loops_total", _number(status.get("loops")))
    samples.one_of("mode", status.get("mode"), [mode.name for mode in Mode])
    held = Counter(str(one["rule"]) for one in status.get("verdicts") or ())
    samples.counted("verdicts_held", held)
    flag = is_flag_up(folder)
    samples.add("halt_flag", None if flag is None else float(flag))
    _levels(samples, status)
    _meters(samples, status.get("meters") or {}, at)
    closing = status.get("closing") or {}
    samples.add("closing_positions", float(len(closing.get("open") or ())))
    samples.add("closing_seconds", _number(closing.get("seconds")) or 0.0)
    kinds = Counter(str(one["kind"]) for one in status.get("breaks") or () if not one["settling"])
    samples.counted("breaks", kinds)
    _alarms(samples, status, at)
    return samples


def _levels(samples: Samples, status: Mapping[str, Any]) -> None:
    equity, start, high = (_number(status.get(name)) for name in LEVELS)
    facts = status.get("rearming") or {}
    for name in LEVELS:
        samples.add(name, _number(status.get(name)))
    samples.add("peak_equity_usd", _number(facts.get("peak_equity_usd")))
    fall = _number(facts.get("peak_drawdown_fraction"))
    samples.add("peak_drawdown_ratio", None if fall is None else max(fall, 0.0))
    samples.add("probation", float(facts.get("probation_until") is not None))
    for name, before in (("drawdown_ratio", high), ("daily_loss_ratio", start)):
        if equity is not None and before is not None and before > 0:
            samples.add(name, max((before - equity) / before, 0.0))


def _meters(samples: Samples, meters: Mapping[str, Any], at: float) -> None:
    for name in ("exposure_usd", "heat_usd", "api_errors"):
        samples.add(name, _number(meters.get(name)))
    for one in meters.get("limits", ()):
        samples.add("limit_value", _number(one["value"]), one["rule"])
        samples.add("limit_threshold", _number(one["limit"]), one["rule"])
        samples.add("limit_used_ratio", _number(one["used_fraction"]), one["rule"])
    if "positions" in meters:
        held = meters["positions"]
        samples.add("open_positions", float(len(held)))
        samples.add("positions_without_stop", float(sum(not one["has_stop"] for one in held)))
        for one in held[:MOST_PAIRS]:
            where = one["pair"], one["side"]
            samples.add("position_notional_usd", _number(one["notional_usd"]), *where)
            samples.add("position_profit_usd", _number(one["unrealised_usd"]), *where)
    _candles(samples, meters.get("candles") or {}, at)
    for one in meters.get("models", ())[:MOST_PAIRS]:
        samples.add("model_accuracy_ratio", _number(one["accuracy_fraction"]), one["name"])
        samples.add("model_predictions", _number(one["predictions"]), one["name"])


def _candles(samples: Samples, candles: Mapping[str, Any], at: float) -> None:
    late: list[float] = []
    for pair, one in list(candles.items())[:MOST_PAIRS]:
        if one["closed_at"] is None:
            continue
        age = at - _time(one["closed_at"])
        samples.add("candle_age_seconds", age, pair)
        late.append(max(age - float(one["seconds"]), 0.0))
    # A pair without any candle is as late as can be; nothing says how late that is.
    if late and all(one["closed_at"] is not None for one in candles.values()):
        samples.add("candle_late_seconds", max(late))


def _alarms(samples: Samples, status: Mapping[str, Any], at: float) -> None:
    waiting = status.get("undelivered") or {}
    samples.add("undelivered_alarms", _number(waiting.get("count")))
    oldest = waiting.get("oldest")
    age = 0.0 if oldest is None else max(at - _time(oldest), 0.0)
    samples.add("undelivered_alarm_age_seconds", age if waiting else None)
    if "nobody_is_told" in status:
        samples.add("nobody_is_told", float(bool(status["nobody_is_told"])))


def watchdog_samples(status: Mapping[str, Any], now: datetime, acts: Iterable[str]) -> Samples:
    """Return the figures of a watchdog's last status.

    Raises
    ------
    KeyError, TypeError, ValueError
        When it is none.
    """
    samples = Samples()
    age, is_up = age_of(status, now)
    samples.add("watchdog_up", float(is_up))
    samples.add("watchdog_look_age_seconds", age)
    latch = status["latch"]
    for act in acts:
        samples.add("watchdog_held", float(latch is not None and latch["act"] == act), act)
    samples.add("watchdog_undelivered_alarms", float(status["undelivered"]["count"]))
    return samples


def control_bot_samples(status: Mapping[str, Any], now: datetime) -> Samples:
    """Return the figures of a control bot's last status.

    Raises
    ------
    KeyError, TypeError, ValueError
        When it is none.
    """
    samples = Samples()
    age, looks = age_of(status, now, CONTROL_BOT_SECONDS)
    samples.add("control_bot_up", float(looks and bool(status["listening"])))
    samples.add("control_bot_look_age_seconds", age)
    samples.add("control_bot_undelivered_alarms", float(status["undelivered"]["count"]))
    samples.add("control_bot_unacknowledged_alarms", float(status["unacknowledged"]["count"]))
    return samples


def _number(value: Any) -> float | None:
    """Return a number of a record; text such as ``nan``, and nothing, is none."""
    return float(value) if isinstance(value, int | float) else None


def _time(text: str) -> float:
    at = datetime.fromisoformat(text)
    return (at if at.tzinfo is not None else at.replace(tzinfo=UTC)).timestamp()
