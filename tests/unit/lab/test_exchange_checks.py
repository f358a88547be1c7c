"""Exchanges and trading modes against Freqtrade's own lists; none of them is reached."""

import json
from pathlib import Path
from typing import Any

import ccxt
import pytest

from plimsoll.lab.exchange_checks import check_exchange
from plimsoll.lab.finding import Finding, Level
from tests.ports import free_port
from tests.unit.venue.serving import venue


def config(name: str, mode: str = "", margin: str = "") -> dict[str, Any]:
    closed = f"http://127.0.0.1:{free_port()}"
    proxied = {"httpsProxy": closed}
    return {
        "exchange": {"name": name, "ccxt_config": proxied},
        "trading_mode": mode,
        "margin_mode": margin,
    }


def the(findings: list[Finding]) -> Finding:
    [finding] = findings
    return finding


@pytest.mark.parametrize(
    ("name", "mode", "margin", "offered"),
    [
        ("kraken", "futures", "isolated", "spot"),
        ("bybit", "futures", "cross", "spot or futures isolated"),
        ("binanceus", "futures", "isolated", "spot"),
        ("coinbase", "futures", "isolated", "spot"),
        ("binance", "margin", "cross", "spot or futures cross or futures isolated"),
    ],
)
def test_a_mode_that_freqtrade_lacks_there_is_a_fault(
    name: str, mode: str, margin: str, offered: str
) -> None:
    finding = the(check_exchange(config(name, mode, margin)))
    assert finding.level is Level.FAULT
    assert finding.found == (
        f"Freqtrade does not trade {mode} {margin} on {name}, it offers {offered}"
    )


@pytest.mark.parametrize("name", ["nosuchexchange", "Binance2"])
def test_an_exchange_that_ccxt_does_not_know_is_a_fault(name: str) -> None:
    finding = the(check_exchange(config(name)))
    assert finding.level is Level.FAULT
    assert "not known to ccxt" in finding.found


@pytest.mark.parametrize("name", ["poloniex", "backpack"], ids=["bad", "lacks a method"])
def test_an_exchange_that_freqtrade_cannot_use_is_a_fault(name: str) -> None:
    finding = the(check_exchange(config(name)))
    assert finding.level is Level.FAULT
    assert "does not work with Freqtrade: " in finding.found


@pytest.mark.parametrize(
    ("name", "mode", "margin"),
    [
        ("binance", "futures", "isolated"),
        ("binance", "spot", ""),
        ("bybit", "futures", "isolated"),
        ("kraken", "", ""),
        ("Binance", "futures", "cross"),
    ],
)
def test_a_mode_that_freqtrade_has_is_asked_for_the_time(name: str, mode: str, margin: str) -> None:
    findings = check_exchange(config(name, mode, margin))
    finding = the([one for one in findings if one.subject == "exchange"])
    assert finding.level is Level.FAULT
    assert "does not answer" in finding.found


def test_no_exchange_is_a_warning() -> None:
    assert the(check_exchange({})).level is Level.WARNING


def of(findings: list[Finding], subject: str) -> Finding:
    return the([one for one in findings if one.subject == subject])


@pytest.mark.parametrize(
    ("name", "mode", "level", "said"),
    [
        ("bybit", "futures", Level.OK, "tested on the venue; guards do not see there: margin mode"),
        ("binance", "spot", Level.OK, "tested on the venue; guards do not see there: coins beyond"),
        ("krakenfutures", "futures", Level.WARNING, "by fixtures; guards do not see there: liquid"),
        ("kraken", "spot", Level.WARNING, "kraken spot is untested; guards do not see"),
        ("gate", "futures", Level.WARNING, "gate futures is untested"),
    ],
)
def test_how_far_an_exchange_was_tried_is_said(
    name: str, mode: str, level: Level, said: str
) -> None:
    margin = "isolated" if mode == "futures" else ""
    finding = of(check_exchange(config(name, mode, margin)), "support")
    assert finding.level is level
    assert said in finding.found


def test_a_resident_of_the_us_is_told_who_does_not_take_them() -> None:
    refused = of(check_exchange(config("bybit", "futures", "isolated"), "US"), "region")
    assert refused.level is Level.FAULT
    assert "venue-kraken.json" in refused.remedy
    taken = of(check_exchange(config("kraken", "spot"), "us"), "region")
    assert taken.level is Level.OK
    assert "kraken spot takes residents of the US" in taken.found
    unknown = of(check_exchange(config("kraken", "spot"), "USA"), "region")
    assert unknown.level is Level.WARNING
    assert 'found "USA"' in unknown.found
    unsaid = check_exchange(config("bybit", "futures", "isolated"))
    assert not [one for one in unsaid if one.subject == "region"]


@pytest.mark.parametrize(
    ("kind", "level"), [("limit", Level.OK), ("market", Level.FAULT), (None, Level.OK)]
)
def test_a_stop_that_cannot_rest_there_is_a_fault(kind: str | None, level: Level) -> None:
    wanted = {} if kind is None else {"stoploss": kind, "stoploss_on_exchange": True}
    asked = {**config("hyperliquid", "futures", "isolated"), "order_types": wanted}
    assert of(check_exchange(asked), "stops").level is level


@pytest.mark.parametrize(
    ("pairs", "stake", "level", "said"),
    [
        (["BTC/USDT:USDT", "ETH/USDT:USDT"], 100, Level.OK, "2 trade; the largest least order"),
        (["BTC/USDT:USDT"], 10, Level.FAULT, "stake_amount 10 is below the least order of 50"),
        (["BTC/USDT"], 100, Level.FAULT, "BTC/USDT does not trade on bybit"),
    ],
)
def test_pairs_are_asked_of_a_real_answer(
    tmp_path: Path, pairs: list[str], stake: float, level: Level, said: str
) -> None:
    profile = tmp_path / "venue.json"
    with venue(
        "--exchange", "bybit", "--symbols", "BTCUSDT,ETHUSDT", "--write-config", profile
    ) as line:
        asked = {**json.loads(profile.read_text()), "stake_amount": stake}
        asked["exchange"]["pair_whitelist"] = pairs
        findings = check_exchange(asked)
    assert of(findings, "exchange").found.startswith(line["url"])
    assert of(findings, "pairs").level is level
    assert said in of(findings, "pairs").found
    if level is Level.OK:
        assert of(findings, "funding").found == "paid every 8 h"


def test_funding_is_told_alike_where_it_has_to_be_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    profile = tmp_path / "venue.json"
    with venue("--symbols", "BTCUSDT", "--write-config", profile):
        asked = json.loads(profile.read_text())
        asked = {**asked, "trading_mode": "futures", "margin_mode": "isolated"}
        assert of(check_exchange(asked), "funding").found == "paid every 8 h"

        def fails(_: Any) -> None:
            raise ccxt.NetworkError("gone")

        monkeypatch.setattr(ccxt.binance, "fetch_funding_intervals", fails)
        finding = of(check_exchange(asked), "funding")
    assert finding.level is Level.WARNING
    assert "could not be read (NetworkError)" in finding.found
