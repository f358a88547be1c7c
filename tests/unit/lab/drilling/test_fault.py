"""Faults that are done to real things, and taken back."""

import os
import resource
import signal
import sqlite3
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from plimsoll.lab.drilling.bot import DrilledBot
from plimsoll.lab.drilling.exchange import drilled_exchange
from plimsoll.lab.drilling.fault import (
    ORDER,
    Trouble,
    cancel_stops,
    close_one,
    delete_state,
    empty_disk,
    fill_disk,
    jump,
    lock,
    pay_in,
    telegram_down,
    telegram_refuses,
    telegram_up,
    unlock,
    withdraw,
)
from plimsoll.lab.drilling.fault import start as begin
from plimsoll.lab.drilling.forked import start
from plimsoll.lab.drilling.scenario import ETH


def test_a_locked_database_takes_no_write_until_it_is_unlocked(bot: DrilledBot) -> None:
    with closing(sqlite3.connect(bot.database)) as database, database:
        database.execute("CREATE TABLE trades (id)")
    trouble = Trouble(bot)
    lock(trouble)
    with (
        closing(sqlite3.connect(bot.database, timeout=0.05)) as other,
        pytest.raises(sqlite3.OperationalError, match="locked"),
    ):
        other.execute("INSERT INTO trades VALUES (1)")
    unlock(trouble)
    with closing(sqlite3.connect(bot.database, timeout=0.05)) as other, other:
        other.execute("INSERT INTO trades VALUES (1)")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="limits of another process are Linux's")
def test_a_full_disk_stops_every_file_of_the_process(bot: DrilledBot, tmp_path: Path) -> None:
    words = ["plimsoll", "venue", "serve", "--market", "synthetic", "--symbols", "BTC/USDT"]
    bot.process = start(words, folder=tmp_path, log=tmp_path / "said.log", environment={})
    try:
        trouble, limit = Trouble(bot), resource.RLIMIT_FSIZE
        fill_disk(trouble)
        assert resource.prlimit(bot.process.pid, limit)[0] == 0
        empty_disk(trouble)
        assert resource.prlimit(bot.process.pid, limit)[0] != 0
    finally:
        bot.kill()
    assert bot.process.wait(1) == -signal.SIGKILL


def test_money_goes_out_and_comes_back(bot: DrilledBot) -> None:
    def wallet() -> float:
        return sum(float(one["balance"]) for one in bot.exchange.get("/fapi/v2/balance"))

    before, trouble = wallet(), Trouble(bot)
    withdraw(trouble)
    assert wallet() < before
    pay_in(trouble)
    assert wallet() == pytest.approx(before)


def test_an_hour_passes_at_once(bot: DrilledBot, tmp_path: Path) -> None:
    arguments = ["--market", "synthetic", "--symbols", "BTC/USDT"]
    arguments += ["--start", "2025-05-29T13:48:00Z"]
    with drilled_exchange(arguments, folder=tmp_path) as bot.exchange:
        before, began = bot.exchange.now(), time.monotonic()
        jump(Trouble(bot))
        passed, took = (bot.exchange.now() - before).total_seconds(), time.monotonic() - began
    assert 3600 <= passed < 3600 + 2 * took + 10
    assert took < 20


def test_a_position_is_closed_at_the_exchange(bot: DrilledBot) -> None:
    bot.exchange.order("BTCUSDT", "BUY", "0.010")
    cancel_stops(Trouble(bot))
    trouble = Trouble(bot)
    assert not trouble.struck
    close_one(trouble)
    assert trouble.struck
    assert bot.exchange_side().is_flat


def test_telegram_goes_and_comes(bot: DrilledBot) -> None:
    telegram_down(Trouble(bot))
    assert bot.telegram.is_down
    telegram_up(Trouble(bot))
    assert not bot.telegram.is_down


def test_the_state_folder_is_gone(bot: DrilledBot) -> None:
    bot.state.set_halt("drill")
    delete_state(Trouble(bot))
    assert not bot.state.path.exists()


def test_a_fault_that_hits_nothing_has_not_struck(bot: DrilledBot) -> None:
    trouble = Trouble(bot)
    begin("reject-order", paths=[ORDER], reduce_only=True, count=1)(trouble)
    assert not trouble.struck
    bot.exchange.order("BTCUSDT", "BUY", "0.010")
    assert not trouble.struck
    with pytest.raises(httpx.HTTPStatusError):
        bot.exchange.clean()
    assert trouble.struck
    bot.exchange.clean()


def test_a_fault_of_orders_spares_what_is_not_the_bots(bot: DrilledBot) -> None:
    bot.setup = replace(bot.setup, pairs=(ETH,))
    trouble = Trouble(bot)
    begin("reject-order", paths=[ORDER], count=1)(trouble)
    bot.exchange.order("BTCUSDT", "BUY", "0.010")
    bot.exchange.clean()
    assert not trouble.struck
    bot.exchange.mend()


def test_telegram_that_refused_nothing_was_no_fault(bot: DrilledBot) -> None:
    trouble = Trouble(bot)
    telegram_refuses(1, 502)(trouble)
    assert not trouble.struck
