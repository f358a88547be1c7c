"""One bot's sources together: its exchange is real, the bot itself is not there."""

import os
import time
from pathlib import Path
from typing import Any

import pytest

from plimsoll.journal.kind import Kind
from plimsoll.journal.log import DecisionLog
from plimsoll.monitoring.exporter.bot import BotMeter
from plimsoll.monitoring.exporter.samples import Value
from plimsoll.monitoring.settings import WatchSettings
from tests.ports import free_port
from tests.support.watching import key_of
from tests.unit.bridge.trades import database_trades
from tests.unit.monitoring.conftest import Exchange, exchange, served
from tests.unit.monitoring.exporter.test_decisions import NOON
from tests.unit.monitoring.exporter.test_standing import written
from tests.unit.monitoring.sights import BTC

__all__ = ["exchange", "served"]
SECRETS = {"api_username": "", "api_password": ""}


def settings(folder: Path, **changes: Any) -> WatchSettings:
    given: dict[str, Any] = {
        "profile": {},
        "exchange": {"name": "binance"},
        "stake_currency": "USDT",
        "api_url": f"http://127.0.0.1:{free_port()}",
        "db_url": f"sqlite:///{folder / 'bot.sqlite'}",
        "folder": folder / "plimsoll-watch",
        "control_folder": folder / "plimsoll-control",
        "bot_folder": None,
        "state_folder": folder / "plimsoll",
        "secrets": SECRETS,
        **changes,
    }
    from plimsoll.monitoring.profile import WatchProfile

    return WatchSettings(**{**given, "profile": WatchProfile.model_validate(given["profile"])})


def shown(meter: BotMeter) -> dict[tuple[str, ...], Value]:
    meter.look()
    return {
        (name.removeprefix("plimsoll_"), *labels): value
        for samples in meter.samples()
        for name, labels, value in samples.rows()
    }


def folder_of_a_bot(folder: Path) -> Path:
    state = folder / "plimsoll"
    state.mkdir()
    written(state)
    with DecisionLog(state / "decisions") as log:
        log.append(Kind.DENIAL, NOON, rule="spread")
    with database_trades(folder / "bot.sqlite"):
        pass
    return state


def test_without_any_bot_every_source_says_so(tmp_path: Path) -> None:
    meter = BotMeter(settings(tmp_path), "one", 5.0)
    page = shown(meter)
    assert page["bot_up",] == 0.0
    assert page["condition", "bot_dead"] == 1.0
    for source in ("rest", "status", "log", "watchdog", "control_bot", "database"):
        assert page["source_up", source] == 0.0
        assert source in meter.faults()
    assert not {"equity_usd", "denials_total", "open_trades", "exchange_equity_usd"} & {
        name for name, *_ in page
    }
    meter.close()


def test_files_are_read_while_the_bot_itself_is_gone(tmp_path: Path) -> None:
    folder_of_a_bot(tmp_path)
    page = shown(BotMeter(settings(tmp_path), "one", 5.0))
    assert page["bot_up",] == 0.0
    assert page["equity_usd",] == 900.0
    assert page["denials_total", "spread"] == 1.0
    assert page["open_trades",] == 0.0
    assert page["source_up", "database"] == 1.0


def test_a_status_of_before_is_not_shown_as_new(tmp_path: Path) -> None:
    state = folder_of_a_bot(tmp_path)
    meter = BotMeter(settings(tmp_path), "one", 5.0)
    assert shown(meter)["equity_usd",] == 900.0
    old = time.time() - 121
    os.utime(state / "status.json", (old, old))
    page = shown(meter)
    assert ("equity_usd",) not in page
    assert page["source_up", "status"] == 0.0
    assert "121 s ago" in meter.faults()["status"]
    age = page["source_age_seconds", "status"]
    assert isinstance(age, float)
    assert age >= 0.0


def test_a_database_that_is_moved_takes_its_figures_with_it_and_back(tmp_path: Path) -> None:
    folder_of_a_bot(tmp_path)
    meter = BotMeter(settings(tmp_path), "one", 5.0)
    assert shown(meter)["condition", "database_gone"] == 0.0
    file = tmp_path / "bot.sqlite"
    file.rename(tmp_path / "moved.sqlite")
    gone = shown(meter)
    assert gone["condition", "database_gone"] == 1.0
    assert gone["source_up", "database"] == 0.0
    assert ("open_trades",) not in gone
    assert not file.exists()
    (tmp_path / "moved.sqlite").rename(file)
    back = shown(meter)
    assert back["open_trades",] == 0.0
    assert back["source_up", "database"] == 1.0


def test_the_account_by_a_key_and_what_the_exchange_counts(
    tmp_path: Path, exchange: Exchange
) -> None:
    exchange.buy(BTC, 0.1)
    profile = {"max_clock_skew_seconds": 86_400.0}
    given = {"exchange": exchange.section, "secrets": {**SECRETS, **key_of(exchange.profile)}}
    meter = BotMeter(settings(tmp_path, profile=profile, **given), "one", 5.0)
    page = shown(meter)
    assert page["exchange_positions",] == 1.0
    assert page["condition", "missing_stop"] == 1.0
    equity, weight = page["exchange_equity_usd",], page["exchange_used_weight",]
    assert isinstance(equity, float)
    assert isinstance(weight, float)
    assert equity > 0
    assert weight > 0
    exchange.fault("http-error", status=503, paths=["*"])
    blind = shown(meter)
    assert ("exchange_equity_usd",) not in blind
    assert blind["condition", "blind"] == 1.0
    assert ("condition", "missing_stop") not in blind
    assert "exchange" in meter.faults()


def test_no_secret_is_on_the_page(tmp_path: Path) -> None:
    secrets = {"api_username": "user", "api_password": "hush-hush"}
    meter = BotMeter(settings(tmp_path, secrets=secrets), "one", 5.0)
    assert "hush-hush" not in str(shown(meter)) + str(meter.faults())


@pytest.mark.parametrize("who", ["watchdog", "control_bot"])
def test_a_watcher_that_was_there_is_down_when_its_status_is_lost_or_damaged(
    tmp_path: Path, who: str
) -> None:
    """Left out, it would be as one that nobody ever ran, and no alert would fire."""
    given = settings(tmp_path)
    folder = given.folder if who == "watchdog" else given.control_folder
    meter = BotMeter(given, "one", 1.0)
    assert (f"{who}_up",) not in shown(meter)
    folder.mkdir()
    file = folder / "status.json"
    for content in ("{", "[]", '{"as_of": 3}', "{}"):
        file.write_text(content)
        assert shown(meter)[f"{who}_up",] == 0.0, content
    file.unlink()
    assert shown(meter)[f"{who}_up",] == 0.0
    meter.close()
