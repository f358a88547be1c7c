"""What is not seen on an exchange is told, and where nobody has looked that is told too."""

from pathlib import Path

import pytest

from plimsoll.bridge.config.unseen import FUTURES_UNSEEN, unseen, unseen_in, unseen_words
from tests.conftest import ROOT


def config(name: str, mode: str | None = "futures") -> dict[str, object]:
    return {"exchange": {"name": name}, **({} if mode is None else {"trading_mode": mode})}


@pytest.mark.parametrize(
    ("name", "mode", "place", "missing"),
    [
        ("Bybit", "futures", "bybit futures", "margin mode of a position"),
        (
            "krakenfutures",
            "futures",
            "krakenfutures futures",
            "liquidation price, mark price of a position",
        ),
        ("binance", "spot", "binance spot", "coins beyond the trades, money that is moved"),
        ("gate", None, "gate spot", "coins beyond the trades, money that is moved"),
    ],
)
def test_one_sentence_says_what_is_not_seen(
    name: str, mode: str | None, place: str, missing: str
) -> None:
    assert unseen_words(config(name, mode)) == f"Guards do not see on {place}: {missing}."


@pytest.mark.parametrize("name", ["binance", "okx", "hyperliquid"])
def test_where_all_is_seen_there_is_nothing_to_say(name: str) -> None:
    assert unseen_words(config(name)) == ""


def test_an_exchange_that_nobody_looked_at_is_not_one_that_shows_all() -> None:
    assert unseen("gate", "futures") is None
    assert unseen_in(config("gate")) is None
    assert "gate futures is not known" in unseen_words(config("gate"))
    assert unseen_in(config("binance")) == ()


def test_the_page_says_what_the_code_does() -> None:
    page = Path(ROOT / "docs/exchanges.md").read_text(encoding="utf-8")
    for missing in FUTURES_UNSEEN.values():
        assert ", ".join(missing) in page
