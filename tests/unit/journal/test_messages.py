"""Every message of the guards, as it is read on a phone."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plimsoll.bridge.state.latch import WHAT_TO_TYPE
from plimsoll.core import Mode, Verdict
from plimsoll.core.books import BreakKind
from plimsoll.journal import messages
from plimsoll.journal.phrases import RULES
from tests.unit.risk.accounts import position

NOW = datetime(2026, 11, 20, 13, 48, tzinfo=UTC)
MIDNIGHT = datetime(2026, 11, 21, tzinfo=UTC)
BTC, ETH = "BTC/USDT:USDT", "ETH/USDT:USDT"
LOSS = Verdict(
    Mode.FLATTEN, "daily_loss", "daily loss 410.00 USD", MIDNIGHT, value=410.0, limit=300.0
)
HALT = Verdict(Mode.HALTED, "drawdown", "drawdown 12.30%", value=0.123, limit=0.12)
BY_HAND = Verdict(Mode.HALTED, "manual_halt", "halted by hand: flag file: 2*3_4")
LATE = Verdict(
    Mode.FLATTEN, "stale_data", "late", NOW + timedelta(minutes=5), pair=BTC, value=310, limit=300
)
HELD = position(amount=0.079)
DAY = {"day_start_equity_usd": 10_000.0}
HOSTILE = "_*[x](y)` <b> 🛑 \u202eabc שלום\nline two " + "é" * 5000


def flat(text: str) -> str:
    return text.replace("\u00a0", " ")


def test_a_flatten_of_the_account_says_how_much_what_and_until_when() -> None:
    text = messages.acted(LOSS, NOW, open_pairs=[BTC, ETH], facts=DAY)
    assert flat(text) == (
        "🛑 Daily loss limit: −4.1 % (limit 3 %). Closing 2 positions. No entries until "
        "00:00 UTC. Ends by itself; /locks shows it."
    )


@pytest.mark.parametrize(
    ("open_pairs", "said"),
    [
        ([], " Nothing is open. "),
        ([BTC], " Closing 1 position (BTC/USDT). "),
        (None, " Closing all positions. "),
    ],
)
def test_what_is_closing_is_said_as_far_as_it_is_known(
    open_pairs: list[str] | None, said: str
) -> None:
    assert said in messages.acted(LOSS, NOW, open_pairs=open_pairs)


def test_a_halt_says_what_to_type() -> None:
    text = messages.acted(HALT, NOW, open_pairs=[], lock=7)
    assert flat(text) == (
        "🛑 Drawdown limit: −12.3 % (limit 12 %). Nothing is open. No entries until a person "
        'resumes: plimsoll resume --reason "…" (in a shell), or /unlock 7 here.'
    )
    assert "/unlock NUMBER (see /locks)" in messages.acted(HALT, NOW, open_pairs=[])


def test_a_halt_by_hand_is_not_ended_by_unlock() -> None:
    text = messages.acted(BY_HAND, NOW, open_pairs=[], lock=7)
    assert text.startswith("🛑 Halted by hand: “2*3_4”. ")
    assert "/unlock" not in text


def test_a_flatten_of_a_pair_names_the_pair() -> None:
    text = messages.acted(LATE, NOW, open_pairs=[BTC, ETH])
    assert flat(text) == (
        "🛑 BTC/USDT: Late candles: 310 s (limit 300 s). Closing its position. No entries in "
        "BTC/USDT until 13:53 UTC. Ends by itself; /locks shows it."
    )
    assert " It has no open position. " in messages.acted(LATE, NOW, open_pairs=[ETH])


def test_what_is_restored_is_told_after_a_start() -> None:
    text = messages.restored(HALT, NOW, lock=7)
    assert text.startswith("🛑 Still halted since before this start. Drawdown limit: −12.3")
    assert text.endswith("or /unlock 7 here.")
    text = messages.restored(LATE, NOW)
    assert text.startswith("🛑 Still closing BTC/USDT since before this start. Late candles: ")


def test_the_end_of_closing_and_of_a_verdict_are_told() -> None:
    assert flat(messages.closed([BTC], 12, is_flat=True)) == "✅ All positions closed after 12 s."
    assert flat(messages.closed([BTC, ETH], 12, is_flat=False)) == (
        "✅ Closed after 12 s: BTC/USDT, ETH/USDT."
    )
    held = {ETH: 5.0, BTC: -0.25}
    assert flat(messages.closed([BTC], 12, is_flat=True, beside=held)) == (
        "✅ All of the bot's positions are closed after 12 s. The exchange still holds "
        "0.25 short of BTC/USDT, 5 long of ETH/USDT, which no trade explains."
    )
    assert messages.ended(LOSS) == "✅ Ended: Daily loss limit. Entries are allowed again."
    assert messages.ended(LATE) == (
        "✅ Ended: Late candles in BTC/USDT. Entries are allowed again."
    )
    assert messages.ended(LATE, [LOSS, HALT]) == (
        "✅ Ended: Late candles in BTC/USDT. Still no entries: Daily loss limit, Drawdown limit."
    )


def test_a_re_arm_names_who_and_why() -> None:
    text = messages.rearmed(["drawdown"], reason="the feed was wrong", by="plimsoll resume, anna")
    assert text == (
        "▶️ Re-armed by “plimsoll resume, anna”: “the feed was wrong”. It was held by: Drawdown "
        "limit. Drawdown and losses in a row are measured from now on."
    )
    text = messages.rearmed(["daily_loss"], reason="gone", by="unlock", halted=False)
    assert text == "▶️ Re-armed by /unlock: “gone”. It was held by: Daily loss limit."
    assert messages.rearmed([], reason="why not", by="anna").endswith("Nothing was held.")


def test_a_denied_entry_says_why_once() -> None:
    verdict = Verdict(
        Mode.REDUCING, "correlation", f"{BTC}: correlation 0.840 with open {ETH}", NOW, pair=BTC
    )
    assert messages.denied(verdict, BTC, "long") == (
        "🚫 No long entry in BTC/USDT. Correlation 0.840 with open ETH/USDT."
    )
    assert messages.denied(verdict, BTC).startswith("🚫 No entry in BTC/USDT. ")


def test_a_start_is_one_message() -> None:
    given: dict[str, Any] = {
        "strategy": "TrendFollow",
        "exchange": "binance",
        "guards": 24,
        "limits": {"daily loss": 0.03, "drawdown": 0.12, "risk per trade": 0.01},
    }
    text = messages.started(**given, is_live=False, open_pairs=[BTC, ETH])
    assert flat(text) == (
        "▶️ TrendFollow started. Dry-run on binance. 24 guards on; limits: daily loss 3 %, "
        "drawdown 12 %, risk per trade 1 %. Open: BTC/USDT, ETH/USDT. No halt is in force."
    )
    text = messages.started(**given, is_live=True, open_pairs=[], held=[HALT])
    assert "LIVE, with money, on binance." in text
    assert text.endswith("Nothing is open. Halted: drawdown limit.")
    text = messages.started(**given, is_live=True, open_pairs=None, held=[LATE])
    assert text.endswith("not known yet. No entries in some pairs: late candles.")


def test_what_else_a_person_should_know() -> None:
    assert messages.noticed("the capital was moved by 5 USD") == (
        "⚠️ The capital was moved by 5 USD."
    )
    assert flat(messages.gap(28_800, "the bot was stopped")).startswith(
        "⚠️ No look at the account for 8 h: the bot was stopped. "
    )
    assert flat(messages.blind("OSError: gone", closes_after_seconds=300)) == (
        "🛑 The guards cannot look: OSError: gone. No entries; after 5 min of it everything is "
        "closed."
    )
    assert messages.failed("leverage_of", "a bug") == (
        "⚠️ Leverage of failed, so it was denied: a bug."
    )
    assert messages.strategy_failed("on_loop", "plimsoll: a bug") == (
        "⚠️ on_loop of the strategy failed; the guards go on: a bug."
    )


def test_what_waits_for_delivery_is_named() -> None:
    assert messages.undelivered(1, oldest=NOW, error=None) == (
        "1 alarm waits for delivery, the oldest since 2026-11-20 13:48 UTC"
    )
    assert messages.undelivered(2, oldest=NOW, error="chat not found").endswith(": chat not found")
    assert messages.nobody_is_told() == (
        "nobody is told: no messenger is set up (docs/messages.md)"
    )
    assert messages.nobody_is_told("telegram is off") == "nobody is told: telegram is off"


def test_looser_limits_are_told_with_before_and_after() -> None:
    changes = {"max_daily_loss_fraction": (0.02, 0.03), "max_daily_loss_usd": (20.0, None)}
    told = "max daily loss 2 % → 3 %; max daily loss 20 USD → off"
    assert messages.looser_limits(changes, []) == (
        f"⚠️ Limits are looser than before, and in force: {told}."
    )
    text = messages.looser_limits(changes, list(changes), ["b.json loosens it."])
    assert text.startswith(f"⚠️ Looser limits are not in force: {told}. ")
    assert text.endswith("/reload_config. b.json loosens it.")
    assert messages.limits_accepted(changes, reason="grown", by="anna") == (
        f"▶️ Looser limits accepted by “anna” (“grown”): {told}. /reload_config puts them in force."
    )
    assert messages.reload_refused("no such\nlimit").endswith("stay in force: no such limit")


def test_what_holds_until_everything_is_closed_says_so() -> None:
    blind = Verdict(
        Mode.FLATTEN, "blind_guards", "nothing was seen", NOW + timedelta(days=36500), value=1
    )
    assert messages.acted(blind, NOW, open_pairs=[BTC]).endswith(
        " No entries until everything is closed. Ends by itself."
    )
    assert "2126" not in messages.restored(blind, NOW)


def test_beside_a_halt_nothing_says_that_it_ends_by_itself() -> None:
    daily = Verdict(Mode.FLATTEN, "daily_loss", "too much", NOW + timedelta(hours=10))
    for text in (
        messages.acted(daily, NOW, open_pairs=[], held=[HALT, daily]),
        messages.restored(daily, NOW, held=[HALT, daily]),
    ):
        assert text.endswith("This lasts until 23:48 UTC, the halt until a person resumes.")
        assert "by itself" not in text
    of_pair = replace(HALT, pair=BTC)
    assert "Ends by itself" in messages.acted(daily, NOW, open_pairs=[], held=[of_pair, daily])


def test_a_halt_by_state_says_once_what_to_type() -> None:
    reason = f"the database is new; {WHAT_TO_TYPE}"
    text = messages.acted(Verdict(Mode.HALTED, "state", reason), NOW, open_pairs=[], lock=7)
    assert text == (
        "🛑 Record of halts: the database is new. Nothing is open. Wrong folder? End the bot and "
        "start it where its database is. No entries until a person has checked positions and "
        'limits: plimsoll resume --reason "…" (in a shell), or /unlock 7 here.'
    )


def test_what_freqtrade_puts_before_an_error_of_ours_is_left_out() -> None:
    text = messages.blind("OperationalException: plimsoll: no mark", closes_after_seconds=9)
    assert "plimsoll:" not in text


def test_a_halt_that_no_place_keeps_says_so() -> None:
    text = messages.acted(HALT, NOW, open_pairs=[], kept=False)
    assert text.endswith("neither log nor database can be written: let the bot run.")
    assert "memory" not in messages.acted(HALT, NOW, open_pairs=[])


def test_a_failed_re_arm_and_a_removed_lock_say_what_to_type() -> None:
    assert messages.not_rearmed("anna") == (
        "🛑 Not re-armed by “anna”: the decision log cannot be written. What held still holds. "
        'Look at the disk and the state folder, then: plimsoll resume --reason "…"'
    )
    assert messages.not_rearmed("unlock").startswith("🛑 Not re-armed by /unlock: ")
    assert messages.lock_put_back(HALT) == (
        "⚠️ The lock of “Drawdown limit” was removed, but not by a person: it is back. To end it: "
        'plimsoll resume --reason "…"'
    )


def test_a_break_is_told_with_age_and_size() -> None:
    text = messages.broken(
        f"the exchange holds 0.045 {BTC} more than the database", seconds=90, size_usd=3956
    )
    assert flat(text) == (
        "🔎 The exchange holds 0.045 BTC/USDT more than the database (for 90 s, 3,956 USD). "
        "No entries; plimsoll audit shows both sides."
    )
    assert messages.broken("x", seconds=0, size_usd=0.0).startswith("🔎 X (now). No entries")


def test_what_became_of_a_break_is_told() -> None:
    assert (
        messages.agreed(BreakKind.MISSING_POSITION, BTC) == "✅ Over: BTC/USDT, missing position."
    )
    assert messages.agreed(BreakKind.MONEY, None) == "✅ Over: money that nothing explains."
    assert messages.mended(f"closed 1 long of {BTC}") == "✅ Mended: closed 1 long of BTC/USDT."
    assert messages.not_mended("no answer") == "⚠️ No answer."


def test_money_that_moved_is_told_with_its_sign() -> None:
    assert flat(messages.transferred(-1500.0)) == (
        "⚠️ −1,500 USD transferred, by the exchange's record. Losses are measured from as much less."
    )
    assert messages.transferred(5.0).endswith(" as much more.")
    assert flat(messages.transferred(-1500.0, share_usd=500)) == (
        "⚠️ −1,500 USD transferred, by the exchange's record. The bot's share of 500 USD is "
        "unchanged."
    )
    assert flat(messages.money_accepted(5.5)).startswith("⚠️ +5.5 USD that nothing explains: ")


def test_a_flatten_that_does_not_succeed_grows_louder() -> None:
    still = [(HELD, "daily_loss", "exit refused once: -2022"), (HELD, "x", "none rests")]
    text = messages.not_closed(still, seconds=90)
    assert flat(text) == (
        "🛑 STILL OPEN after 90 s: ETH/USDT long 0.079 (Daily loss limit; exit refused once: "
        "-2022); ETH/USDT long 0.079 (X; none rests). The bot tries again in every loop. Look at "
        "the exchange, and close there what it cannot."
    )
    assert messages.not_closed(still, seconds=90, alarm=3).startswith("🛑🛑🛑 STILL OPEN")
    assert messages.not_closed(still, seconds=9, alarm=99).count("🛑") == 5


WORDS = [
    lambda words: messages.rearmed(["drawdown"], reason=words, by=words),
    lambda words: messages.acted(
        Verdict(Mode.HALTED, "manual_halt", f"halted by hand: flag file: {words or '?'}"),
        NOW,
        open_pairs=[],
    ),
    lambda words: messages.denied(Verdict(Mode.REDUCING, "x", words or "?", NOW), BTC, "long"),
    lambda words: messages.blind(words, closes_after_seconds=1),
    lambda words: messages.failed(words, words),
    lambda words: messages.strategy_failed(words, words),
    lambda words: messages.not_rearmed(words),
    lambda words: messages.broken(words, seconds=1),
    lambda words: messages.mended(words),
    lambda words: messages.not_closed([(HELD, "x", words)], seconds=1),
    lambda words: messages.limits_accepted({}, reason=words, by=words),
    lambda words: messages.reload_refused(words),
    lambda words: messages.noticed(words),
]


@pytest.mark.parametrize("message", WORDS)
@given(words=st.text(max_size=60))
def test_no_words_break_a_message(message: Callable[[str], str], words: str) -> None:
    text = message(words)
    assert "\n" not in text
    assert "\u202e" not in text
    assert "\x00" not in text


def test_a_hostile_reason_is_quoted_in_one_line_of_bearable_length() -> None:
    text = messages.rearmed(["drawdown"], reason=HOSTILE, by="anna")
    assert "“\u2068_*[x](y)` <b> 🛑 abc שלום line two é" in text
    assert len(text) < 500


@given(
    value=st.floats(allow_nan=True, allow_infinity=True) | st.none(),
    limit=st.floats(allow_nan=True, allow_infinity=True) | st.none(),
    start=st.floats(allow_nan=True, allow_infinity=True) | st.none(),
    rule=st.sampled_from(sorted(RULES)),
)
def test_no_figure_breaks_a_message(
    value: float | None, limit: float | None, start: float | None, rule: str
) -> None:
    verdict = Verdict(Mode.HALTED, rule, "why", value=value, limit=limit)
    text = messages.acted(verdict, NOW, open_pairs=[], facts={"day_start_equity_usd": start})
    assert text.startswith("🛑 ")
    assert "nan" not in text


def test_what_no_lock_shows_is_not_ended_by_unlock() -> None:
    halted = messages.acted(HALT, NOW, open_pairs=[BTC], is_locked=False)
    assert halted.endswith('a person resumes: plimsoll resume --reason "…" (in a shell).')
    lost = messages.acted(LOSS, NOW, open_pairs=[BTC], facts=DAY, is_locked=False)
    assert lost.endswith("Ends by itself.")
