"""Two real bots on one venue: one works signals out, the other trades on them while they come."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from freqtrade.configuration.load_config import load_config_file
from freqtrade.misc import deep_merge_dicts
from typer.testing import CliRunner

from plimsoll.cli import app
from plimsoll.lab.telegram.service import telegram_service
from plimsoll.lab.user_folder import lay_out
from plimsoll.lab.venue import serve_venue
from tests.support.drill import Drill, DrillPlan

pytestmark = [pytest.mark.freqtrade, pytest.mark.slow]
PAIR = "BTC/USDT:USDT"
PATIENCE = 400.0
SPEED = 6.0
"""A candle of one minute each ten seconds."""
SMALL: dict[str, Any] = {
    "max_trades_per_day": 10_000,
    "max_orders": 1_000,
    "cooldown_seconds": 0,
    "max_consecutive_losses": 20,
    "break_even_trades": None,
    "max_candle_delay_seconds": 30,
    "max_blind_seconds": 3600,
}


@contextmanager
def two_bots(folder: Path) -> Iterator[tuple[Drill, Drill]]:
    """Run neither yet: producer and consumer on one venue, by the shipped layers."""
    token = secrets.token_urlsafe(24)
    plans = {
        "producer": _plan("SentSignal", {"max_open_trades": 0}),
        "consumer": _plan("ReceivedSignal", {}),
    }
    with (
        serve_venue(["--start", "2025-05-29T13:48:00Z", "--symbols", PAIR], folder=folder) as venue,
        telegram_service(folder / "telegram-producer") as first,
        telegram_service(folder / "telegram-consumer") as second,
    ):
        bots = {}
        for (name, plan), telegram in zip(plans.items(), (first, second), strict=True):
            bot = bots[name] = Drill(folder / name, plan, venue, telegram)
            bot.folder.mkdir()
            lay_out(bot.userdir)
        producer, consumer = bots["producer"], bots["consumer"]
        producer.configure({"api_server": {"ws_token": token}})
        layer = load_config_file(str(consumer.userdir / "config" / "consumer.json"))
        [sender] = layer["external_message_consumer"]["producers"]
        bus = layer["external_message_consumer"] | {
            "producers": [sender | {"port": producer._port, "ws_token": token}],
            "sleep_time": 1,
        }
        feed = {"feed": {"columns": ["enter_long", "strength"]}}
        consumer.configure(deep_merge_dicts({"plimsoll": feed}, {"external_message_consumer": bus}))
        try:
            yield producer, consumer
        finally:
            for bot in bots.values():
                bot.close()


def _plan(strategy: str, overlay: dict[str, Any]) -> DrillPlan:
    return DrillPlan(
        strategy=strategy,
        speed=SPEED,
        throttle_seconds=5,
        pairs=(PAIR,),
        risk=SMALL,
        overlay={"exchange": {"pair_whitelist": [PAIR], "enable_ws": False}, **overlay},
    )


def of_producer(bot: Drill) -> list[str]:
    """Return the reasons of the verdicts and denials that name the producer."""
    records = [*bot.decisions("denial"), *bot.decisions("verdict")]
    return [one["reason"] for one in records if "the producer producer" in one.get("reason", "")]


def test_a_consumer_trades_while_its_producer_lives_and_only_then(tmp_path: Path) -> None:
    with two_bots(tmp_path) as (producer, consumer):
        # Nobody sends yet: the strategy takes an empty frame for a signal.
        consumer.start(seconds=PATIENCE)
        consumer.wait_until(
            lambda: any("has sent no 1m candles" in said for said in of_producer(consumer)),
            seconds=PATIENCE,
            what="a denial for an empty frame",
        )
        assert consumer.trades() == []

        producer.start(seconds=PATIENCE)
        consumer.wait_until(
            lambda: len(consumer.trades()) >= 2, seconds=PATIENCE, what="two entries by signals"
        )
        assert producer.trades() == []

        producer.kill9()
        told = len(of_producer(consumer))
        consumer.wait_until(
            lambda: any("its newest closed at" in said for said in of_producer(consumer)[told:]),
            seconds=PATIENCE,
            what="a denial for an old frame",
        )
        before = len(consumer.trades())
        began = consumer.now()
        consumer.wait_until(
            lambda: (consumer.now() - began).total_seconds() > 240,
            seconds=PATIENCE,
            what="four candles without a producer",
        )
        assert len(consumer.trades()) == before
        said = CliRunner().invoke(app, ["log", "why", PAIR, "--userdir", str(consumer.userdir)])
        assert said.exit_code == 0, said.output
        assert "the producer producer" in said.output, said.output

        producer.start(seconds=PATIENCE)
        consumer.wait_until(
            lambda: len(consumer.trades()) > before, seconds=PATIENCE, what="an entry after it"
        )
