"""What ``plimsoll watch --check`` tries."""

from pathlib import Path
from typing import Any

import pytest

from plimsoll.core import PlimsollError
from plimsoll.monitoring.account import Rights
from plimsoll.monitoring.profile import WatchProfile
from plimsoll.monitoring.settings import WatchSettings
from plimsoll.monitoring.trial import require_no_withdrawal, try_all
from tests.support.watching import Alarms, key_of
from tests.unit.monitoring.conftest import Exchange


def settings(folder: Path, **changes: Any) -> WatchSettings:
    given: dict[str, Any] = {
        "profile": WatchProfile(),
        "exchange": {},
        "stake_currency": "USDT",
        "api_url": None,
        "db_url": None,
        "folder": folder,
        "bot_folder": None,
        "secrets": {"api_username": "", "api_password": ""},
    }
    return WatchSettings(**{**given, **changes})


def rows(tried: dict[str, Any]) -> dict[str, bool]:
    return {one["what"]: one["ok"] for one in tried["checks"]}


def test_what_is_absent_is_not_well(tmp_path: Path) -> None:
    tried = try_all(settings(tmp_path))
    assert not tried["is_well"]
    assert rows(tried) == {"may": True, "bot": False, "exchange": False, "alarms": False}


def test_an_exchange_and_a_channel_that_work_are_well(tmp_path: Path, exchange: Exchange) -> None:
    alarms = Alarms()
    secrets = {
        **key_of(exchange.profile),
        "api_username": "",
        "api_password": "",
        "alarms": f"json://127.0.0.1:{alarms.port}/",
    }
    tried = try_all(settings(tmp_path, exchange=exchange.section, secrets=secrets))
    assert rows(tried) == {"may": True, "bot": False, "exchange": True, "key": True, "alarms": True}
    assert alarms.said("a test of the watchdog's alarms")
    alarms.close()


def test_a_key_that_may_take_money_out_is_refused() -> None:
    for rights in (Rights(), Rights(withdraw=False)):
        require_no_withdrawal(rights)
    with pytest.raises(PlimsollError, match="withdraw"):
        require_no_withdrawal(Rights(withdraw=True))
