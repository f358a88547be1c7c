"""A guarded bot's status and a watchdog's, in figures; what they lack is absent."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from plimsoll.bridge.guarding.meters import meters_of
from plimsoll.bridge.state.folder import StateFolder
from plimsoll.core import ApiHealth, DataHealth, ModelHealth, PairData, PlimsollError
from plimsoll.monitoring.exporter.standing import (
    control_bot_samples,
    read_status,
    status_samples,
    watchdog_samples,
)
from plimsoll.monitoring.profile import Act
from tests.unit.risk.accounts import BTC, ETH, NOON, PROFILE, account, before

MODEL = ModelHealth(name="lgbm", accuracy_fraction=0.6, predictions=50)


def written(folder: Path, **changes: Any) -> dict[str, Any]:
    """Return a status as a bot writes it and the exporter reads it."""
    seen = account(models=(MODEL,), api_health=ApiHealth(error_times=(before(seconds=5),)))
    status = {
        "as_of": NOON,
        "strategy": "Plain",
        "guards": "enforce",
        "mode": "REDUCING",
        "loops": 9,
        "undelivered": {"count": 1, "oldest": NOON - timedelta(seconds=90), "last_error": None},
        "nobody_is_told": None,
        "breaks": [{"kind": "money", "settling": False}, {"kind": "money", "settling": True}],
        "equity_usd": 900.0,
        "day_start_equity_usd": 950.0,
        "high_water_equity_usd": 1000.0,
        "rearming": {"peak_equity_usd": 1200.0, "peak_drawdown_fraction": 0.25},
        "verdicts": [{"rule": "daily_loss", "pair": None, "mode": "FLATTEN"}],
        "meters": meters_of(seen, PROFILE),
        **changes,
    }
    StateFolder(folder).write_status(status)
    return read_status(folder)[0]


def test_a_status_becomes_figures(tmp_path: Path) -> None:
    samples = status_samples(tmp_path, written(tmp_path))
    values = {
        ("mode", "REDUCING"): 1.0,
        ("mode", "ACTIVE"): 0.0,
        ("verdicts_held", "daily_loss"): 1.0,
        ("halt_flag",): 0.0,
        ("equity_usd",): 900.0,
        ("drawdown_ratio",): 0.1,
        ("daily_loss_ratio",): 50 / 950,
        ("peak_drawdown_ratio",): 0.25,
        ("breaks", "money"): 1.0,
        ("api_errors",): 1.0,
        ("undelivered_alarms",): 1.0,
        ("undelivered_alarm_age_seconds",): 90.0,
        ("nobody_is_told",): 0.0,
        ("model_accuracy_ratio", "lgbm"): 0.6,
        ("open_positions",): 1.0,
        ("positions_without_stop",): 0.0,
        ("candle_age_seconds", ETH): 0.0,
        ("candle_late_seconds",): 0.0,
        ("closing_positions",): 0.0,
        ("bot_loops_total",): 9.0,
    }
    for (name, *labels), value in values.items():
        assert samples.value(name, *labels) == pytest.approx(value), name
    used = samples.value("limit_used_ratio", "open_positions")
    assert used == pytest.approx(1 / PROFILE.max_open_positions)
    (tmp_path / "halt").touch()
    assert status_samples(tmp_path, written(tmp_path)).value("halt_flag") == 1.0


def test_a_loop_that_saw_no_account_has_levels_and_no_meters(tmp_path: Path) -> None:
    samples = status_samples(tmp_path, written(tmp_path, meters=None, equity_usd=None))
    shown = {name for name, _, _ in samples.rows()}
    for absent in ("equity_usd", "drawdown_ratio", "exposure_usd", "limit_used_ratio"):
        assert f"plimsoll_{absent}" not in shown
    assert samples.value("mode", "REDUCING") == 1.0


def test_a_pair_without_a_candle_hides_how_late_the_latest_is(tmp_path: Path) -> None:
    data = {
        ETH: PairData(newest_candle_closed_at=before(seconds=360), candle_seconds=300.0),
        BTC: PairData(newest_candle_closed_at=None, candle_seconds=300.0),
    }
    late = meters_of(account(data_health=DataHealth(pairs={ETH: data[ETH]})), PROFILE)
    assert status_samples(tmp_path, written(tmp_path, meters=late)).value(
        "candle_late_seconds"
    ) == pytest.approx(60.0)
    none = meters_of(account(data_health=DataHealth(pairs=data)), PROFILE)
    samples = status_samples(tmp_path, written(tmp_path, meters=none))
    assert samples.value("candle_late_seconds") is None
    assert samples.value("candle_age_seconds", ETH) == pytest.approx(360.0)


@pytest.mark.parametrize("content", ["", "no JSON", "[]", "{}", '{"as_of": 7}'])
def test_what_is_no_status_is_a_fault(tmp_path: Path, content: str) -> None:
    (tmp_path / "status.json").write_text(content)
    with pytest.raises(PlimsollError, match=r"status\.json cannot be read"):
        read_status(tmp_path)


def test_a_watchdogs_status_by_its_age_and_what_it_holds() -> None:
    acts = [one.value for one in Act]
    status: dict[str, Any] = {
        "as_of": NOON.isoformat(),
        "every_seconds": 10.0,
        "latch": {"act": "flatten"},
        "undelivered": {"count": 2},
    }
    fresh = watchdog_samples(status, NOON + timedelta(seconds=40), acts)
    assert fresh.value("watchdog_up") == 1.0
    assert fresh.value("watchdog_held", "flatten") == 1.0
    assert fresh.value("watchdog_held", "tell") == 0.0
    assert fresh.value("watchdog_undelivered_alarms") == 2.0
    for seconds in (60, -60):  # too old, or of a clock that was set back since
        old = watchdog_samples(status, NOON + timedelta(seconds=seconds), acts)
        assert old.value("watchdog_up") == 0.0
    with pytest.raises(KeyError):
        watchdog_samples(json.loads('{"as_of": "2026-03-02T12:00:00+00:00"}'), NOON, acts)


def test_a_control_bots_status_by_its_age_its_line_and_what_waits() -> None:
    status: dict[str, Any] = {
        "as_of": NOON.isoformat(),
        "every_seconds": 5.0,
        "listening": True,
        "undelivered": {"count": 3},
        "unacknowledged": {"count": 1},
    }
    fresh = control_bot_samples(status, NOON + timedelta(seconds=29))
    assert fresh.value("control_bot_up") == 1.0
    assert fresh.value("control_bot_undelivered_alarms") == 3.0
    assert fresh.value("control_bot_unacknowledged_alarms") == 1.0
    deaf = control_bot_samples({**status, "listening": False}, NOON)
    assert deaf.value("control_bot_up") == 0.0
    for seconds in (31, -31):
        old = control_bot_samples(status, NOON + timedelta(seconds=seconds))
        assert old.value("control_bot_up") == 0.0
    with pytest.raises(KeyError):
        control_bot_samples(json.loads('{"as_of": "2026-03-02T12:00:00+00:00"}'), NOON)
