"""The decision log, counted as it grows, is torn, moved away and begun anew."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from plimsoll.core import PlimsollError
from plimsoll.journal.kind import Kind
from plimsoll.journal.log import DecisionLog
from plimsoll.monitoring.exporter.decisions import DecisionCounts, candle_length
from plimsoll.monitoring.exporter.samples import Histogram, Samples

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def counted(samples: Samples, name: str, *labels: str) -> float:
    value = samples.value(name, *labels)
    assert isinstance(value, float)
    return value


def delays(samples: Samples, name: str) -> Histogram:
    value = samples.value(name)
    assert isinstance(value, Histogram)
    return value


@pytest.mark.parametrize(
    ("timeframe", "seconds"),
    [("5m", 300.0), ("1h", 3600.0), ("1d", 86_400.0), ("", None), (None, None), ("m", None)],
)
def test_a_timeframe_in_seconds(timeframe: object, seconds: float | None) -> None:
    assert candle_length(timeframe) == seconds


def test_records_are_counted_on_over_days_and_nothing_twice(tmp_path: Path) -> None:
    counts = DecisionCounts(tmp_path)
    with DecisionLog(tmp_path) as log:
        log.append(Kind.START, NOON, config={"timeframe": "5m"})
        log.append(Kind.DENIAL, at(1), rule="spread")
        log.append(Kind.DENIAL, at(2), rule="spread")
        first = counts.read()
        assert counted(first, "denials_total", "spread") == 2
        log.append(Kind.DENIAL, at(3), rule="leverage")
        log.append(Kind.HALT, at(86_400), rule="drawdown")
        log.append(Kind.ERROR, at(86_401), where="loop")
        again = counts.read()
        assert counts.read().value("denials_total", "spread") == 2
    assert counted(again, "denials_total", "spread") == 2
    assert counted(again, "denials_total", "leverage") == 1
    assert counted(again, "halts_total", "drawdown") == 1
    assert counted(again, "errors_total", "loop") == 1
    assert counted(again, "decisions_total", "start") == 1
    assert counted(again, "log_last_record_timestamp_seconds") == at(86_401).timestamp()
    assert counted(first, "denials_total", "spread") == 2  # what was shown is not changed


def test_the_way_from_candle_to_order(tmp_path: Path) -> None:
    with DecisionLog(tmp_path) as log:
        log.append(Kind.CANDLE, at(-1), candle=at(-300), pairs={})  # no start says how long it is
        log.append(Kind.START, NOON, config={"timeframe": "5m"})
        log.append(Kind.CANDLE, at(301.5), candle=NOON, pairs={})
        log.append(Kind.ORDER, at(303), side="long", pair="BTC/USDT:USDT")
        log.append(Kind.ORDER, at(304), side="close long", pair="BTC/USDT:USDT")
        log.append(Kind.ORDER, at(900), side="short", pair="BTC/USDT:USDT")  # long after it
        samples = DecisionCounts(tmp_path).read()
    assert delays(samples, "candle_delay_seconds").total == pytest.approx(1.5)
    order = delays(samples, "order_delay_seconds")
    assert order.total == pytest.approx(3.0)
    assert sum(order.counts) == 1


def test_a_start_in_the_middle_of_a_candle_is_no_delay(tmp_path: Path) -> None:
    """Else each restart would be an alert on slow orders."""
    with DecisionLog(tmp_path) as log:
        log.append(Kind.START, at(500), timeframe="5m")
        log.append(Kind.CANDLE, at(520), candle=NOON, pairs={})  # it closed at 300
        log.append(Kind.ORDER, at(521), side="long", pair="BTC/USDT:USDT")
        samples = DecisionCounts(tmp_path).read()
        assert sum(delays(samples, "candle_delay_seconds").counts) == 0
        assert sum(delays(samples, "order_delay_seconds").counts) == 0
        log.append(Kind.CANDLE, at(602), candle=at(300), pairs={})
        samples = DecisionCounts(tmp_path).read()
    assert delays(samples, "candle_delay_seconds").total == pytest.approx(2.0)


@pytest.mark.parametrize(
    "start",
    [
        {"timeframe": "5m"},
        {"timeframe": "5m", "config": {}},
        {"timeframe": "5m", "config": {"timeframe": "1h"}},
        {"config": {"timeframe": "5m"}},
    ],
)
def test_the_timeframe_is_the_one_in_force(tmp_path: Path, start: dict[str, Any]) -> None:
    """A strategy names it as often as a config does."""
    with DecisionLog(tmp_path) as log:
        log.append(Kind.START, NOON, **start)
        log.append(Kind.CANDLE, at(301.5), candle=NOON, pairs={})
        samples = DecisionCounts(tmp_path).read()
    assert delays(samples, "candle_delay_seconds").total == pytest.approx(1.5)


def test_a_torn_end_waits_and_damage_is_counted(tmp_path: Path) -> None:
    with DecisionLog(tmp_path) as log:
        log.append(Kind.START, NOON)
        log.append(Kind.DENIAL, at(1), rule="spread")
    [file] = tmp_path.glob("*.jsonl")
    whole = file.read_bytes()
    counts = DecisionCounts(tmp_path)
    file.write_bytes(whole[:-9])
    assert counts.read().value("denials_total", "spread") is None
    file.write_bytes(whole)
    assert counted(counts.read(), "denials_total", "spread") == 1
    file.write_bytes(whole + whole.replace(b"spread", b"spreed").splitlines(keepends=True)[1])
    assert counted(counts.read(), "log_damaged_lines_total") == 1


def test_a_log_that_is_gone_is_a_fault_and_a_new_one_is_counted_from_nought(tmp_path: Path) -> None:
    folder, counts = tmp_path / "decisions", DecisionCounts(tmp_path / "decisions")
    with pytest.raises(PlimsollError, match="no decision log"):
        counts.read()
    with DecisionLog(folder) as log:
        for n in range(5):
            log.append(Kind.DENIAL, at(n), rule="spread")
    assert counted(counts.read(), "denials_total", "spread") == 5
    folder.rename(tmp_path / "away")
    with pytest.raises(PlimsollError, match="no decision log"):
        counts.read()
    with DecisionLog(folder) as log:
        log.append(Kind.DENIAL, at(9), rule="spread")
    assert counted(counts.read(), "denials_total", "spread") == 1
