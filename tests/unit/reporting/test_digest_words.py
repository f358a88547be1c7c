"""A digest in lines."""

import math

import pandas as pd

from plimsoll.performance.attribution import Causes
from plimsoll.performance.promised import Kept
from plimsoll.performance.slippage import Slippage
from plimsoll.reporting.digest import Drift
from plimsoll.reporting.digest_words import (
    MOST_LETTERS,
    candle_words,
    drift_words,
    kept_words,
    phone_text,
    signed,
    text,
)
from tests.unit.reporting.digests import PERIOD, digest, empty, operation


def test_the_lines_tell_money_causes_guards_and_what_is_due() -> None:
    said = text(digest())
    for part in (
        "weekly digest, week 2024-W02, 2024-01-08 to 2024-01-14 (UTC)",
        "price −", "slippage −0.40, fees −1.00, funding −0.10",
        "2 trades closed (1 won), 2 opened, 1 still open",
        "9 entries asked for, 7 denied, halted 24.0 h",
        "Halt by drawdown",
        "denied by  spread 7",
        "99.10 % since 2024-01-08 00:00, longest gap 2.0 h, 1 start",
        "2 of 168 missed (01-08 00:00, 01-08 01:00); seen 2.5 s after the close, 61.0 s at most",
        "1 break between the bot's books and the exchange's, 1 over",
        "due        the review of 2024-01",
        "2.4 standard errors under: LESS THAN LUCK EXPLAINS",
    ):  # fmt: skip
        assert part in said


def test_an_empty_period_says_so() -> None:
    assert "Nothing is on record" in text(empty())
    assert phone_text(empty()).startswith("Nothing is on record")


def test_a_phone_gets_no_more_than_a_message_holds() -> None:
    assert len(phone_text(digest(notes=["x" * 9_000]))) == MOST_LETTERS
    assert phone_text(digest()).startswith("account: real, binance, paper money\nmade: ")


def test_what_is_not_known_is_not_called_nothing() -> None:
    bare = digest(equity=None, benchmark=None, causes=None, acts=None, operation=None, drift=None)
    said = text(bare)
    assert "made      not known" in said
    assert "guards    not known: no decision log" in said
    assert "uptime    not known: no decision log" in said


def test_slippage_says_how_much_of_it_is_known_and_whether_it_is_more_than_assumed() -> None:
    some = Slippage(5, 4, 0.4, 6.5)
    none = Slippage(5, 0, 0.0, math.nan)
    assert drift_words(Drift(some, none, 0, 3.0)) == (
        "6.5 bps a fill (4 of 5), 3.0 assumed: MORE THAN ASSUMED"
    )
    assert drift_words(Drift(some, some, 30, 8.0)).endswith(
        "6.5 in the 30 days before, 8.0 assumed"
    )
    assert drift_words(Drift(none, some, 30, 3.0)).startswith("not known: of 5 fills none")
    assert drift_words(Drift(Slippage(0, 0, 0.0, math.nan), some, 30, 3.0)) == "no fill"


def test_luck_is_told_from_less() -> None:
    kept = Kept("b", 9, 0.0, 0.01, 0.0, 1.0, -0.5, 0.5, 0.5)
    assert kept_words(kept) == "0.5 standard errors under: luck explains it"
    few = Kept("b", 0, math.nan, 0.01, 0.0, 0.0, math.nan, math.nan, 0.5)
    assert kept_words(few) == "too little is known to tell luck from less"


def test_candles_that_cannot_be_counted_are_not_zero() -> None:
    assert candle_words(operation(candles=None, missed=None)).startswith("not counted")
    assert candle_words(operation(missed=0, missed_at=(), lag_seconds=None)) == "0 of 168 missed"


def test_amounts_have_their_sign() -> None:
    assert (signed(1.0), signed(-1.0), signed(0.0), signed(math.nan)) == (
        "+1.00", "−1.00", "0.00", "–",
    )  # fmt: skip


def test_an_account_in_coins_is_not_told_in_hundredths_of_a_coin() -> None:
    index = pd.DatetimeIndex([PERIOD.start, PERIOD.end])
    causes = Causes(-0.00000492, 0.00014985, 0.0, -0.00015077, 0.0, -0.000004)
    equity = pd.Series([0.25, 0.24999508], index=index)
    said = text(digest(currency="BTC", equity=equity, causes=causes))
    assert "−0.00000492 BTC (0.00 %), equity 0.25000000 → 0.24999508" in said
    assert "price +0.00014985, slippage 0.00000000, fees −0.00015077" in said
    assert "not explained −0.00000400" in said
    assert "fees −0.00015077, funding 0.00000000" in said


def test_no_text_of_others_begins_a_line_of_its_own() -> None:
    forged = "x\nmade      +9,999.00 USDT\x1b[31m"
    for said in (text(digest(name=forged, notes=[forged])), phone_text(digest(notes=[forged]))):
        assert "\x1b" not in said
        assert sum(line.startswith("made") for line in said.splitlines()) == 1
