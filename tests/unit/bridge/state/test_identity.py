"""Whose latch it is: what makes two accounts two, and what does not."""

from copy import deepcopy
from typing import Any

import pytest
from freqtrade.configuration import remove_exchange_credentials

from plimsoll.bridge.state.identity import Account, account_of

KEY = "vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8A"


def config(*, live: bool = True, **exchange: Any) -> dict[str, Any]:
    named = {"name": "binance", "key": KEY, **exchange}
    return {"dry_run": not live, "trading_mode": "futures", "exchange": named}


def named(given: dict[str, Any]) -> Account:
    account = account_of(given)
    assert account is not None
    return account


def test_a_config_without_an_exchange_names_no_account() -> None:
    assert account_of({}) is None
    assert account_of({"exchange": {"key": KEY}}) is None


def test_the_same_config_is_the_same_account() -> None:
    assert named(config()) == named(config())


@pytest.mark.parametrize(
    "other",
    [
        config(key="another"),
        config(name="bybit"),
        config(live=False),
        config(ccxt_config={"sandbox": True}),
        config(ccxt_config={"urls": {"api": {"fapiPrivate": "http://127.0.0.1:8601/fapi/v1"}}}),
        {**config(), "trading_mode": "spot"},
    ],
)
def test_another_key_exchange_market_host_or_mode_is_another_account(other: dict) -> None:
    assert named(other).digest != named(config()).digest


def test_paper_accounts_of_one_exchange_are_one_whatever_the_key() -> None:
    """Freqtrade blanks the keys of a dry-run; from outside the config still has them."""
    venue = {"urls": {"api": {"fapiPrivate": "http://127.0.0.1:8601/fapi/v1"}}}
    assert named(config(live=False, ccxt_config=venue)) != named(config(live=False))
    blanked = config(live=False, key=None)
    assert named(blanked) == named(config(live=False))
    assert not named(blanked).live


def test_a_venue_on_another_port_is_the_same_host() -> None:
    def at(port: int) -> Account:
        urls = {"api": {"private": f"http://127.0.0.1:{port}/api"}}
        return named(config(ccxt_config={"urls": urls}))

    assert at(8601) == at(8602)
    assert "127.0.0.1" in at(8601).name


@pytest.mark.parametrize("where", ["apiKey", "api_key", "walletAddress", "accountId"])
def test_the_key_counts_wherever_it_stands(where: str) -> None:
    first, second = (
        {"exchange": {"name": "binance", where: key}, "dry_run": False} for key in ("a", "b")
    )
    assert named(first).digest != named(second).digest
    nested = {"exchange": {"name": "binance", "ccxt_config": {where: "a"}}, "dry_run": False}
    assert named(nested) == named(first)


def test_the_key_is_neither_in_the_digest_nor_in_the_name() -> None:
    account = named(config())
    assert account.name.startswith("binance futures live, key ")
    for shown in (account.name, account.digest):
        assert KEY[:6] not in shown


def test_a_running_bot_whose_keys_freqtrade_has_taken_away_is_the_account_of_its_config() -> None:
    running = {**config(), "original_config": deepcopy(config())}
    remove_exchange_credentials(running["exchange"], dry_run=True)  # as FreqtradeBot does, live too
    assert running["exchange"]["key"] is None
    assert named(running) == named(config())


def test_bots_of_a_fleet_are_parts_of_one_account() -> None:
    plain = named(config())
    parts = [
        named({**config(), "plimsoll": {"fleet": {"file": "fleet.json", "bot": bot}}})
        for bot in ("trend", "carry")
    ]
    assert {one.exchange_digest for one in parts} == {plain.digest}
    assert len({one.digest for one in (plain, *parts)}) == 3
    assert plain.exchange_digest == ""
    assert "bot trend" in parts[0].name


@pytest.mark.parametrize("section", [None, {}, {"fleet": None}, {"fleet": {"bot": ""}}, "x"])
def test_without_a_name_in_a_fleet_it_is_the_account(section: Any) -> None:
    assert named({**config(), "plimsoll": section}) == named(config())
