"""The drills' own tools against the real bot: start, enter, ask, exit by hand, kill, restart."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from plimsoll.core import PlimsollError
from plimsoll.lab.telegram.service import TelegramService, telegram_service
from tests.support.drill import Drill, DrillPlan, drill

PAIR = "BTC/USDT:USDT"
STALE = timedelta(minutes=15)
CLOCK_LAG = timedelta(minutes=5)
"""More than a bot's clock is ever behind its venue's, at 120 times real time."""


@pytest.fixture
def service(tmp_path: Path) -> Iterator[TelegramService]:
    with telegram_service(tmp_path) as served:
        yield served


def test_the_service_answers_telegram_s_address_and_no_other(
    service: TelegramService, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in service.environment.items():
        monkeypatch.setenv(name, value)
    token = service.environment["FREQTRADE__TELEGRAM__TOKEN"]
    with httpx.Client(timeout=60) as client:
        answer = client.get(f"https://api.telegram.org/bot{token}/getMe").json()
        assert answer["result"]["is_bot"] is True
        unknown = client.get("https://api.telegram.org/botnobody/getMe")
        assert unknown.status_code == 401
        with pytest.raises(httpx.ProxyError):
            client.get("https://example.org/")
        assert client.get("http://example.org/").status_code == 403
    assert service.refused == ["CONNECT example.org:443", "GET http://example.org/"]


@pytest.mark.freqtrade
def test_a_drill_sees_and_steers_a_running_bot(tmp_path: Path) -> None:
    with drill(tmp_path, DrillPlan(pairs=(PAIR,))) as bot:
        held = bot.wait_for_positions(1)
        assert [trade["pair"] for trade in held] == [PAIR]
        # By its first words: that the entry was filled may still be told after the question.
        assert "BTC" in bot.telegram.ask("/status", containing="Trade ID").text
        _stop_and_start(bot)
        _fault(bot)
        bot.kill9()
        assert not bot.alive
        assert [trade["id"] for trade in bot.trades(is_open=True)] == [held[0]["trade_id"]]
        bot.restart()
        again = bot.wait_for_positions(1)
        assert again[0]["trade_id"] == held[0]["trade_id"]
        assert "BTC" in bot.telegram.ask("/status", containing="Trade ID").text
        _exit_by_hand(bot)
        pid = bot.pid
    assert not Path(f"/proc/{pid}").exists()


def _stop_and_start(bot: Drill) -> None:
    bot.telegram.ask("/stop", containing="stopping trader")
    bot.wait_until(lambda: bot.rest.show_config()["state"] == "stopped", what="a stopped bot")
    bot.telegram.ask("/start", containing="starting trader")
    bot.wait_until(lambda: bot.rest.show_config()["state"] == "running", what="a running bot")


def _exit_by_hand(bot: Drill) -> None:
    """Pause first: this strategy would enter again."""
    bot.telegram.ask("/pause", containing="no more entries")
    which = bot.telegram.ask("/forceexit", containing="which trade")
    began, began_at = time.monotonic(), bot.now() - CLOCK_LAG
    since = bot.telegram.press(which, which.buttons[0][1])
    flat = bot.until_flat(since=began_at)
    most = timedelta(seconds=(time.monotonic() - began) * bot.plan.speed) + CLOCK_LAG
    assert "#1" in which.text
    assert len(which.edits) == 1
    assert bot.telegram.wait_until(lambda: _tells(bot, "Exited", since), seconds=90)
    assert flat.closed_at is not None
    # However long it took: simulated time is real time at the plan's speed.
    assert 0 < flat.venue_seconds <= most.total_seconds()
    assert flat.loops == 1 + flat.venue_seconds // bot.plan.throttle_seconds
    closed = bot.trades(is_open=False)
    assert [row["exit_reason"] for row in closed] == ["force_exit"]


def _tells(bot: Drill, text: str, since: int) -> bool:
    """Return whether the bot said so; a clock this fast may speak above a chat's pace."""
    said = [*bot.telegram.messages[since:], *bot.telegram.rejected]
    return any(text in message.text for message in said)


def _fault(bot: Drill) -> None:
    # Fewer than would open the circuit, should nobody mend it for a while.
    number = bot.fault("http-error", status=503, paths=["/fapi/v1/depth"], count=20)
    bot.wait_until(lambda: bot.faults()[number - 1]["hits"] > 0, what="a request that was refused")
    bot.mend(number)


@pytest.mark.freqtrade
def test_a_bot_sees_stale_candles_and_a_wrong_tick(tmp_path: Path) -> None:
    # A guarded bot would close the position, and there would be nothing left to see.
    with drill(tmp_path, DrillPlan(strategy="PlainLong", pairs=(PAIR,))) as bot:
        bot.wait_for_positions(1)
        began = _last_candle(bot)
        bot.wait_until(lambda: _last_candle(bot) > began, what="a new candle")
        number = bot.fault("stale-candles", symbols=[PAIR])
        bot.wait_until(lambda: bot.now() - _last_candle(bot) > STALE, what="stale candles")
        rates = {trade["current_rate"] for trade in bot.positions()}
        bot.wait_until(
            lambda: {trade["current_rate"] for trade in bot.positions()} != rates,
            what="a price that goes on",
        )
        bot.mend(number)
        bot.wait_until(lambda: bot.now() - _last_candle(bot) < STALE, what="fresh candles")
        bot.fault("wrong-tick", magnitude=-0.3)
        bot.wait_until(lambda: bot.positions()[0]["profit_ratio"] < -0.25, what="a wrong tick")
        bot.mend()
        bot.wait_until(lambda: bot.positions()[0]["profit_ratio"] > -0.1, what="a right price")
        candles = bot.rest.pair_candles(PAIR, "5m", limit=50, columns=["low"])
        lows = [row[candles["columns"].index("low")] for row in candles["data"]]
        assert min(lows) > 0.9 * max(lows)


def _last_candle(bot: Drill) -> datetime:
    """When the newest closed candle that the bot knows opened."""
    candles = bot.rest.pair_candles(PAIR, "5m", limit=1, columns=["close"])
    return datetime.fromtimestamp(candles["data_stop_ts"] / 1000, UTC)


@pytest.mark.slow  # tests/integration/test_reconciliation.py trades the venue's account through it
@pytest.mark.freqtrade
def test_a_drill_with_real_orders_trades_the_venue_s_account(tmp_path: Path) -> None:
    with drill(tmp_path, DrillPlan(pairs=(PAIR,), live=True)) as bot:
        entered = bot.wait_for_positions(1)[0]
        bot.pause()
        bot.move(-0.05, seconds=60)
        bot.wait_until(lambda: bot.positions()[0]["profit_ratio"] < -0.04, what="a loss")
        began = bot.now()
        bot.force_exit(entered["trade_id"])
        flat = bot.until_flat(since=began)
        assert flat.closed_at is not None
        assert flat.closed_at >= began
        assert bot.trades()[0]["close_profit"] < -0.04
        assert bot.interrupt() == 130


@pytest.mark.freqtrade
def test_a_config_that_freqtrade_refuses_is_one_line(tmp_path: Path) -> None:
    plan = DrillPlan(pairs=(PAIR,), risk={"max_daily_loss_fraction": 7})
    refused = pytest.raises(PlimsollError, match=r"ended: .*max_daily_loss_fraction")
    with refused, drill(tmp_path, plan):
        pytest.fail("the bot started")
