"""All guards together: the strictest verdict wins."""

from datetime import timedelta
from math import isnan

import pytest

from plimsoll.checks.guards import EVERY_LIMIT_SET
from plimsoll.core import AccountSnapshot, ApiHealth, Mode, Verdict
from plimsoll.risk import GUARDS, NEEDS, Evaluation, Guards, evaluate, evaluate_entry, strictest
from plimsoll.risk.guards import name_of
from plimsoll.risk.guards.daily_loss import daily_loss
from tests.unit.risk.accounts import (
    BTC,
    ETH,
    NOON,
    PROFILE,
    SOL,
    account,
    before,
    closed,
    expectation,
    fresh,
    position,
    request,
)


def rules(evaluation: Evaluation) -> list[str]:
    return [denial.rule for denial in evaluation.denials]


def test_a_healthy_account_is_active() -> None:
    found = evaluate(account(), PROFILE)
    assert found.denials == ()
    assert found.mode is Mode.ACTIVE
    assert found.pairs == {}
    assert found.as_of == NOON
    assert found.account.multiplier == 1


def test_the_strictest_wins_and_the_others_are_kept() -> None:
    found = evaluate(account(equity_usd=880, positions=()), PROFILE)
    assert rules(found) == ["drawdown", "daily_loss"]
    assert found.account.rule == "drawdown"
    assert found.mode is Mode.HALTED


def test_a_pair_is_judged_beside_the_account() -> None:
    near = position(ETH, liquidation_price=95.0)
    found = evaluate(
        account(positions=[near], closed_trades=[closed(1, BTC, closed_at=NOON)]), PROFILE
    )
    assert found.mode is Mode.ACTIVE
    assert {pair: verdict.rule for pair, verdict in found.pairs.items()} == {
        ETH: "liquidation_distance",
        BTC: "cooldown",
    }
    assert found.of_pair(ETH).mode is Mode.FLATTEN
    assert found.of_pair(BTC).mode is Mode.REDUCING
    assert found.of_pair(SOL) is found.account


@pytest.mark.parametrize("pair", [BTC, ETH, SOL])
def test_asked_about_one_pair_alone_it_says_of_that_pair_what_it_always_says(pair: str) -> None:
    seen = account(
        positions=[position(ETH, liquidation_price=95.0)],
        closed_trades=[closed(1, BTC, closed_at=NOON)],
        equity_usd=920,
        day_start_equity_usd=920,
    )
    whole, alone = evaluate(seen, PROFILE), evaluate(seen, PROFILE, pairs=[pair])
    assert alone.account == whole.account
    assert alone.of_pair(pair) == whole.of_pair(pair)
    assert set(alone.pairs) <= {pair}


def test_of_a_pair_the_stricter_of_both_holds() -> None:
    near = position(ETH, liquidation_price=95.0)
    half = evaluate(account(positions=[near], equity_usd=920, day_start_equity_usd=920), PROFILE)
    assert half.account.multiplier == 0.5
    assert half.of_pair(ETH).mode is Mode.FLATTEN
    assert half.of_pair(BTC).multiplier == 0.5
    halted = evaluate(account(positions=[near], manual_halt_reason="me"), PROFILE)
    assert halted.of_pair(ETH).mode is Mode.HALTED


def verdict(mode: Mode, rule: str, multiplier: float | None = None, seconds: float | None = None):
    until = None if seconds is None else NOON + timedelta(seconds=seconds)
    return Verdict(mode, rule, "why", until, stake_multiplier=multiplier)


def test_ties_go_to_the_lower_multiplier_then_the_later_end_then_the_first() -> None:
    half = verdict(Mode.REDUCING, "half", 0.5, 99)
    first, second, later = (
        verdict(Mode.REDUCING, rule, 0.0, seconds)
        for rule, seconds in (("first", 1), ("second", 1), ("later", 2))
    )
    assert strictest([half, first]) is first
    assert strictest([first, half]) is first
    assert strictest([first, second]) is first
    assert strictest([first, later]) is later
    assert strictest([later, first]) is later
    assert strictest([later, verdict(Mode.REDUCING, "endless")]).rule == "endless"
    assert strictest([verdict(Mode.FLATTEN, "flat", seconds=1), later]).rule == "flat"
    assert strictest([]).mode is Mode.ACTIVE
    assert strictest(iter([half])) is half


def test_multipliers_take_the_lowest() -> None:
    found = Evaluation(NOON, (verdict(Mode.REDUCING, "a", 0.5), verdict(Mode.REDUCING, "b", 0.2)))
    assert found.account.multiplier == 0.2


@pytest.mark.parametrize("field", sorted({name for names in NEEDS.values() for name in names}))
def test_a_field_that_is_missing_is_never_active(field: str) -> None:
    found = evaluate(account(**{"expectation": expectation(), field: None}), EVERY_LIMIT_SET)
    assert found.mode is Mode.REDUCING
    assert found.account.multiplier == 0
    blind = {name for name, needs in NEEDS.items() if field in needs}
    known = {name_of(guard) for guard in (*GUARDS.account, *GUARDS.pair)}
    assert blind & known <= set(rules(found))


def test_a_pair_guard_that_cannot_see_says_so_of_the_account() -> None:
    found = evaluate(account(positions=None), PROFILE)
    [denial] = [one for one in found.denials if one.rule == "liquidation_distance"]
    assert denial.pair is None
    assert "positions None" in denial.reason
    assert denial.mode is Mode.REDUCING


def broken(_account: AccountSnapshot, _profile: object) -> Verdict:
    raise ZeroDivisionError("boom")


def broken_pair(_pair: str, _account: AccountSnapshot, _profile: object) -> Verdict:
    raise KeyError("boom")


def test_a_guard_that_raises_denies_and_says_so() -> None:
    found = evaluate(account(), PROFILE, Guards((broken, daily_loss)))
    assert found.mode is Mode.REDUCING
    assert found.account.rule == "broken"
    assert found.account.reason == "guard failed with ZeroDivisionError: boom"
    assert found.account.until == NOON + timedelta(seconds=60)


def test_a_pair_guard_that_raises_denies_its_pair() -> None:
    found = evaluate(account(), PROFILE, Guards(pair=(broken_pair,)))
    assert found.mode is Mode.ACTIVE
    assert set(found.pairs) == {ETH, BTC, SOL}
    assert all(one.mode is Mode.REDUCING and "boom" in one.reason for one in found.pairs.values())


def test_a_guard_that_answers_nothing_denies() -> None:
    silent = Guards((lambda _account, _profile: None,))  # type: ignore[arg-type,return-value]
    found = evaluate(account(), PROFILE, silent)
    assert found.mode is Mode.REDUCING
    assert "expected a Verdict, found None" in found.account.reason


def test_no_guards_is_an_error() -> None:
    with pytest.raises(ValueError, match="at least one guard"):
        evaluate(account(), PROFILE, Guards())
    with pytest.raises(ValueError, match="at least one guard of an entry"):
        evaluate_entry(request(), account(), PROFILE, guards=Guards((daily_loss,)))


# Entries


def test_a_good_entry_is_allowed_in_full() -> None:
    found = evaluate_entry(request(), account(), PROFILE)
    assert found.mode is Mode.ACTIVE
    assert found.multiplier == 1


def test_an_entry_of_a_halted_account_is_denied_by_the_account() -> None:
    found = evaluate_entry(request(), account(manual_halt_reason="me"), PROFILE)
    assert (found.mode, found.rule) == (Mode.HALTED, "manual_halt")


def test_an_entry_into_a_pair_that_waits_is_denied() -> None:
    waiting = account(closed_trades=[closed(1, BTC, closed_at=before(seconds=1))])
    assert evaluate_entry(request(BTC), waiting, PROFILE).rule == "cooldown"
    assert evaluate_entry(request(SOL), waiting, PROFILE).mode is Mode.ACTIVE


def test_an_entry_into_a_pair_without_data_is_denied() -> None:
    unseen = account(data_health=fresh(ETH))
    assert evaluate_entry(request(BTC), unseen, PROFILE).rule == "stale_data"


def test_an_entry_into_a_new_pair_is_asked_of_its_pair_and_of_the_account() -> None:
    """A pair that the account does not know of yet: its guards are asked beside all others."""
    new = "DOGE/USDT:USDT"
    asked = Guards(pair=(broken_pair,), entry=(lambda *_: Verdict(Mode.ACTIVE, "entry", ""),))
    halted = Verdict(Mode.HALTED, "manual_halt", "me")
    of_account = Evaluation(NOON, (halted,))
    found = evaluate_entry(request(new), account(), PROFILE, evaluation=of_account, guards=asked)
    assert found.rule == "manual_halt", "what the account was found to be is not forgotten"
    alone = evaluate_entry(
        request(new), account(), PROFILE, evaluation=Evaluation(NOON, ()), guards=asked
    )
    assert (alone.rule, alone.pair, alone.mode) == ("broken_pair", new, Mode.REDUCING)


def test_an_entry_without_an_evaluation_is_judged_by_the_guards_that_are_given() -> None:
    asked = Guards((broken,), entry=(lambda *_: Verdict(Mode.ACTIVE, "entry", ""),))
    assert evaluate_entry(request(), account(), PROFILE, guards=asked).rule == "broken"


def test_an_entry_in_a_drawdown_is_allowed_at_half() -> None:
    down = account(equity_usd=920, day_start_equity_usd=920)
    found = evaluate_entry(request(), down, PROFILE)
    assert (found.mode, found.multiplier, found.rule) == (Mode.REDUCING, 0.5, "drawdown")
    assert found.allows_entries


def test_a_request_that_is_too_large_is_denied_even_at_half() -> None:
    down = account(equity_usd=920, day_start_equity_usd=920)
    found = evaluate_entry(request(stake_usd=1000.0), down, PROFILE)
    assert not found.allows_entries


def test_the_evaluation_of_the_loop_is_used_as_it_is() -> None:
    held = Evaluation(NOON, (verdict(Mode.FLATTEN, "held", seconds=60),))
    assert evaluate_entry(request(), account(), PROFILE, evaluation=held).rule == "held"
    calm = Evaluation(NOON)
    loss = account(equity_usd=900)
    assert evaluate_entry(request(), loss, PROFILE, evaluation=calm).mode is Mode.ACTIVE
    assert evaluate_entry(request(), loss, PROFILE).mode is Mode.FLATTEN


def test_an_entry_guard_that_raises_denies() -> None:
    class Bomb:
        def __getattr__(self, name: str):
            raise RuntimeError(f"no {name}")

    bomb = request(correlations=Bomb())
    found = evaluate_entry(bomb, account(), PROFILE)
    assert (found.rule, found.pair, found.mode) == ("correlation", BTC, Mode.REDUCING)
    assert "no get" in found.reason
    assert found.until is not None


# Choosing guards


def test_guards_are_chosen_by_name() -> None:
    chosen = GUARDS.only(["cooldown", "spread", "daily_loss"])
    assert chosen.names() == ["daily_loss", "cooldown", "spread"]
    with pytest.raises(ValueError, match=r"found \['nope'\]"):
        GUARDS.only(["nope", "spread"])


def test_a_caller_learns_what_it_cannot_watch() -> None:
    blind = GUARDS.blind({"equity_usd", "day_start_equity_usd", "closed_trades"})
    assert blind["drawdown"] == ["high_water_equity_usd"]
    assert blind["trades_per_day"] == ["positions"]
    assert "daily_loss" not in blind
    assert "manual_halt" not in blind
    assert list(GUARDS.blind(AccountSnapshot.__slots__)) == []


def test_every_guard_has_its_own_name() -> None:
    names = GUARDS.names()
    assert len(names) == len(set(names)) == 28
    assert set(NEEDS) <= set(names)


def test_api_errors_flatten_the_account() -> None:
    times = [before(seconds=15 - age) for age in range(15)]
    assert evaluate(account(api_health=ApiHealth(error_times=times)), PROFILE).mode is Mode.FLATTEN


def test_nan_is_no_number() -> None:
    assert isnan(float("nan"))
    assert evaluate(account(equity_usd=float("nan")), PROFILE).mode is Mode.REDUCING
