"""Figures and words of messages: per cent with sensible digits, true minus signs, tame quotes."""

from datetime import UTC, datetime, timedelta

import pytest

from plimsoll.core import Mode, Verdict
from plimsoll.journal.phrases import (
    LONGEST_WORDS,
    breach,
    clean,
    is_open_ended,
    named,
    pair_words,
    per_cent,
    quote,
    reason_words,
    rule_and_reason,
    rule_words,
    sentence,
    shown_name,
    span,
    until_words,
    usd,
)

NOW = datetime(2026, 11, 20, 13, 48, tzinfo=UTC)


@pytest.mark.parametrize(
    ("fraction", "said"),
    [
        (0.03, "3 %"),
        (0.0412, "4.1 %"),
        (-0.0412, "−4.1 %"),
        (0.25, "25 %"),
        (0.0015, "0.15 %"),
        (0.00032, "0.032 %"),
        (0.0, "0 %"),
        (-0.000001, "0 %"),
        (12.5, "1,250 %"),
    ],
)
def test_per_cent_has_the_digits_that_its_size_wants(fraction: float, said: str) -> None:
    assert per_cent(fraction).replace("\u00a0", " ") == said


def test_a_figure_and_its_unit_stay_on_one_line() -> None:
    assert per_cent(0.03) == "3\u00a0%"
    assert usd(3) == "3\u00a0USD"
    assert span(3) == "3\u00a0s"
    assert span(3, " ") == "3 s", "for a terminal"


def test_amounts_have_cents_below_a_hundred() -> None:
    assert usd(99.5).replace("\u00a0", " ") == "99.5 USD"
    assert usd(-1234.56).replace("\u00a0", " ") == "−1,235 USD"
    assert usd(12, signed=True).replace("\u00a0", " ") == "+12 USD"


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0, "0 s"), (119, "119 s"), (120, "2 min"), (7199, "120 min"), (7200, "2 h")],
)
def test_spans_are_in_their_largest_sensible_unit(seconds: float, said: str) -> None:
    assert span(seconds).replace("\u00a0", " ") == said


def test_a_time_within_a_day_needs_no_date() -> None:
    midnight = datetime(2026, 11, 21, tzinfo=UTC)
    assert until_words(midnight, NOW) == "00:00 UTC"
    assert until_words(midnight + timedelta(days=1), NOW) == "Sun 22 Nov 00:00 UTC"
    assert is_open_ended(NOW + timedelta(days=36500), NOW)
    assert not is_open_ended(NOW + timedelta(days=365), NOW)


def test_a_pair_is_named_without_its_settlement_currency() -> None:
    assert pair_words("BTC/USDT:USDT") == pair_words("BTC/USDT") == "BTC/USDT"


def test_rules_without_words_are_spelt_without_underscores() -> None:
    assert rule_words("daily_loss") == "Daily loss limit"
    assert rule_words("my_own_rule") == "My own rule"
    assert named(["drawdown", "drawdown", "my_own"]) == "Drawdown limit, My own"


def test_a_quote_is_one_line_of_bearable_length_that_turns_nothing_around() -> None:
    assert quote("two\nlines\t\x00here") == "“two lines here”"
    assert quote("a\u202eb\u2066c\udc80") == "“abc”"
    assert quote("x" * 5000) == f"“{'x' * (LONGEST_WORDS - 1)}…”"
    assert quote("👩\u200d🔬") == "“👩\u200d🔬”"
    assert quote("שלום") == "“\u2068שלום\u2069”"


def test_names_sentences_and_limits() -> None:
    assert shown_name("a\u202eb\n") == "ab"
    assert clean(" a\n  b\x00 ") == "a b"
    assert len(clean("x" * 5000)) == LONGEST_WORDS
    assert sentence("the feed is late") == "The feed is late."
    assert sentence("Done.") == "Done."
    assert sentence("-5 of BTC/USDT:USDT") == "−5 of BTC/USDT."
    assert clean("plimsoll: expected a name") == "expected a name"


def flatten(rule: str, value: float, limit: float, reason: str = "why") -> Verdict:
    return Verdict(Mode.FLATTEN, rule, reason, NOW, value=value, limit=limit)


@pytest.mark.parametrize(
    ("verdict", "said"),
    [
        (flatten("drawdown", 0.1234, 0.12), "Drawdown limit: −12.3 % (limit 12 %)"),
        (flatten("drawdown", 0.12004, 0.12), "Drawdown limit: −12.004 % (limit 12 %)"),
        (flatten("daily_loss", 410.0, 300.0), "Daily loss limit: 410 USD (limit 300 USD)"),
        (flatten("api_errors", 20, 20), "Exchange errors: 20 (limit 20)"),
        (flatten("stale_data", 910.4, 900), "Late candles: 910 s (limit 900 s)"),
        (flatten("correlation", 0.84, 0.7), "Correlation: 0.84 (limit 0.7)"),
        (flatten("break_even", -3.0, 0.0, "made -3%"), "Below break-even: made −3 %"),
        (flatten("stale_data", 7200, 300), "Late candles: 2 h (limit 5 min)"),
        (flatten("drawdown", float("nan"), 0.12, "unknown"), "Drawdown limit: unknown"),
        (flatten("my_own", 3.0, 2.0, "3 is too much."), "My own: 3 is too much"),
    ],
)
def test_a_breach_is_told_in_its_own_unit(verdict: Verdict, said: str) -> None:
    assert breach(verdict).replace("\u00a0", " ") == said


def test_a_daily_loss_is_told_in_per_cent_where_the_day_s_start_is_known() -> None:
    verdict = flatten("daily_loss", 410.0, 300.0)
    said = "Daily loss limit: −4.1 % (limit 3 %)"
    assert breach(verdict, {"day_start_equity_usd": 10_000.0}).replace("\u00a0", " ") == said
    for unknown in (None, 0.0, float("nan")):
        assert "410" in breach(verdict, {"day_start_equity_usd": unknown})


def test_a_reason_names_pairs_and_figures_as_the_rest_of_a_message_does() -> None:
    reason = "ETH/USDT:USDT: -1.5% since 2026-11-20, id a-1, with open BTC/USDT:USDT."
    verdict = Verdict(Mode.REDUCING, "x", reason, NOW)
    said = "ETH/USDT: −1.5 % since 2026-11-20, id a-1, with open BTC/USDT"
    assert reason_words(verdict).replace("\u00a0", " ") == said


def test_a_rule_that_its_reason_names_is_not_named_twice() -> None:
    spread = Verdict(Mode.REDUCING, "spread", "spread of 0.1% is above its limit", NOW)
    assert rule_and_reason(spread) == "Spread of 0.1\u00a0% is above its limit"
    heat = Verdict(Mode.REDUCING, "portfolio_heat", "heat is 2", NOW)
    assert rule_and_reason(heat) == "Risk of all positions: heat is 2"


def test_a_halt_without_a_reason_quotes_nobody() -> None:
    halt = Verdict(Mode.HALTED, "manual_halt", "halted by hand: no reason given")
    assert reason_words(halt) == "no reason given"
