"""The watchdog itself against the simulated exchange, with a bot that is not there."""

from pathlib import Path
from typing import Any

import pytest

from plimsoll.core import PlimsollError
from plimsoll.journal.check import verify
from plimsoll.monitoring.account import Account, Rights
from plimsoll.monitoring.profile import WatchProfile
from plimsoll.monitoring.store import JOURNAL, Store
from plimsoll.monitoring.watchdog import Watchdog, not_watched, release
from tests.ports import free_port
from tests.support.watching import Alarms, held, key_of
from tests.unit.monitoring.conftest import Exchange
from tests.unit.monitoring.sights import BTC, ETH
from tests.unit.monitoring.test_trial import settings

AT_ONCE = {"tell_after_seconds": 0, "act_after_seconds": 0}


def watchdog(folder: Path, exchange: Exchange, alarms: Alarms | None = None, **profile: Any) -> Any:
    rules = {"bot_dead": {**AT_ONCE, "act": "flatten"}}
    given = {"may": "flatten", "rules": rules, **profile}
    port = free_port() if alarms is None else alarms.port
    secrets = {
        **key_of(exchange.profile),
        "api_username": "",
        "api_password": "",
        "alarms": f"json://127.0.0.1:{port}/",
        "dead_man_url": f"http://127.0.0.1:{port}/beat",
    }
    made = settings(
        folder,
        profile=WatchProfile.model_validate(given),
        exchange=exchange.section,
        secrets=secrets,
        api_url=f"http://127.0.0.1:{free_port()}",
    )
    return Watchdog(made, Store(folder, made.hidden))


def kinds(folder: Path) -> list[str]:
    import json

    lines = [
        line
        for file in sorted((folder / JOURNAL).glob("*.jsonl"))
        for line in file.read_text().splitlines()
    ]
    return [json.loads(line)["kind"] for line in lines]


def test_an_account_without_a_bot_is_closed_written_down_first_and_told(
    tmp_path: Path, exchange: Exchange
) -> None:
    alarms = Alarms()
    exchange.buy(BTC, 0.1, stop=True)
    exchange.buy(ETH, 1.0)
    exchange.person.create_order(ETH, "limit", "buy", 1.0, 1_000.0)
    watch = watchdog(tmp_path, exchange, alarms)
    watch.look()
    assert held(exchange.person) == {BTC: 0.1, ETH: 1.0}
    watch.look()
    assert held(exchange.person) == {}
    for _ in range(3):
        watch.look()
    assert exchange.person.fetch_open_orders(params={"type": "swap"}) == []
    assert exchange.person.fetch_open_orders(params={"type": "swap", "stop": True}) == []
    watch.close()
    noted = kinds(tmp_path)
    assert noted[0] == "watch_start"
    assert noted.count("act") == noted.count("done") == 4
    assert all(noted[n + 1] == "done" for n, kind in enumerate(noted) if kind == "act")
    assert noted.count("flat") == 1
    assert verify(tmp_path / JOURNAL).fault is None
    assert alarms.said("closing everything, because of bot_dead")
    assert alarms.said("nothing is open any more")
    assert alarms.beats
    alarms.close()


def test_what_is_latched_outlives_it_and_is_ended_by_a_person(
    tmp_path: Path, exchange: Exchange
) -> None:
    watch = watchdog(tmp_path, exchange)
    watch.look()
    watch.look()
    watch.close()
    (tmp_path / "state.json").unlink()
    exchange.buy()
    watch = watchdog(tmp_path, exchange, rules={})
    watch.look()
    assert held(exchange.person) == {}
    watch.close()
    store = Store(tmp_path, [])
    after = release(store, store.load()[0], "looked at it", "me")
    assert after.latch is None
    store.close()
    exchange.buy()
    watch = watchdog(tmp_path, exchange, rules={})
    watch.look()
    assert held(exchange.person) == {BTC: 0.1}
    watch.close()


def test_a_blind_watchdog_sends_nothing_and_is_silent(tmp_path: Path, exchange: Exchange) -> None:
    alarms = Alarms()
    exchange.buy()
    watch = watchdog(tmp_path, exchange, alarms)
    exchange.fault("http-error", status=503, paths=["GET /fapi/v3/positionRisk"])
    for _ in range(4):
        status = watch.look()
    assert {one["condition"] for one in status["conditions"]} == {"blind", "bot_dead"}
    assert held_after_mending(exchange) == {BTC: 0.1}
    assert not alarms.beats
    watch.look()
    assert held(exchange.person) == {}
    watch.close()
    alarms.close()


def held_after_mending(exchange: Exchange) -> dict[str, float]:
    exchange.mend()
    return held(exchange.person)


def test_an_alarm_that_nobody_takes_is_said_and_kept(tmp_path: Path, exchange: Exchange) -> None:
    watch = watchdog(tmp_path, exchange, may="tell")
    watch.look()
    status = watch.look()
    assert status["undelivered"]["count"] == 1
    assert not status["is_well"]
    watch.close()
    alarms = Alarms()
    again = watchdog(tmp_path, exchange, alarms, may="tell")
    [waiting] = again._outbox.waiting
    assert waiting.text.startswith("nothing answers at the bot's REST API")
    again.close()
    alarms.close()


def test_a_refused_close_is_told_and_the_other_pair_is_closed(
    tmp_path: Path, exchange: Exchange
) -> None:
    alarms = Alarms()
    exchange.buy(BTC, 0.1)
    exchange.buy(ETH, 1.0)
    exchange.fault("reject-order", code=-4131, symbols=["BTCUSDT"])
    watch = watchdog(tmp_path, exchange, alarms)
    watch.look()
    watch.look()
    assert held(exchange.person) == {BTC: 0.1}
    assert alarms.said("failed: close BTC/USDT:USDT")
    exchange.mend()
    watch.look()
    assert held(exchange.person) == {}
    watch.close()
    alarms.close()


def test_a_full_disk_keeps_nothing_from_being_closed(tmp_path: Path, exchange: Exchange) -> None:
    alarms = Alarms()
    exchange.buy()
    watch = watchdog(tmp_path, exchange, alarms)
    watch.look()
    watch._store.close()
    watch.look()
    assert held(exchange.person) == {}
    assert alarms.said("cannot write down what it does")
    watch.close()
    alarms.close()


def test_a_key_that_may_withdraw_ends_it_before_it_begins(
    tmp_path: Path, exchange: Exchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Account, "rights", lambda self: Rights(withdraw=True))
    with pytest.raises(PlimsollError, match="withdraw"):
        watchdog(tmp_path, exchange)


def test_what_is_not_watched_is_named(tmp_path: Path) -> None:
    assert len(not_watched(settings(tmp_path))) == 5


def test_a_close_that_alters_nothing_is_sent_once_a_look(
    tmp_path: Path, exchange: Exchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[object] = []

    def idle(_: object, position: object) -> str:
        sent.append(position)
        return "there was nothing left to close"

    monkeypatch.setattr(Account, "close", idle)
    exchange.buy()
    watch = watchdog(tmp_path, exchange)
    watch.look()
    watch.look()
    assert len(sent) == 1
    watch.close()


def test_a_close_that_fails_in_every_look_is_told_once(tmp_path: Path, exchange: Exchange) -> None:
    alarms = Alarms()
    exchange.buy()
    exchange.fault("reject-order", code=-4131, symbols=["BTCUSDT"])
    watch = watchdog(tmp_path, exchange, alarms)
    for _ in range(4):
        watch.look()
    told = [one for one in alarms.messages if one["message"].startswith("failed: close")]
    assert len(told) == 1
    assert kinds(tmp_path).count("failed") == 3
    watch.close()
    alarms.close()


def test_a_profile_that_was_made_milder_is_obeyed_and_what_is_held_stays_so(
    tmp_path: Path, exchange: Exchange
) -> None:
    watch = watchdog(tmp_path, exchange)
    watch.look()
    watch.look()
    watch.close()
    exchange.buy()
    watch = watchdog(tmp_path, exchange, may="tell")
    status = watch.look()
    assert held(exchange.person) == {BTC: 0.1}
    assert status["latch"]["act"] == "flatten"
    watch.close()


def test_what_nobody_foresaw_is_told_and_ends_one_look_alone(
    tmp_path: Path, exchange: Exchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    alarms = Alarms()
    watch = watchdog(tmp_path, exchange, alarms)
    with monkeypatch.context() as broken:
        broken.setattr(Account, "look", lambda *_: 1 // 0)
        assert watch.look_in_any_case() is None
    assert alarms.said("a look of the watchdog failed: ZeroDivisionError")
    assert watch.look_in_any_case() is not None
    watch.close()
    alarms.close()
