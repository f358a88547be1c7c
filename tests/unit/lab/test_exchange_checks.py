"""Exchanges and trading modes against Freqtrade's own lists; none of them is reached."""

from typing import Any

import pytest

from plimsoll.lab.exchange_checks import check_exchange
from plimsoll.lab.finding import Finding, Level
from tests.ports import free_port


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
    finding = the(check_exchange(config(name, mode, margin)))
    assert finding.level is Level.FAULT
    assert "does not answer" in finding.found


def test_no_exchange_is_a_warning() -> None:
    assert the(check_exchange({})).level is Level.WARNING
