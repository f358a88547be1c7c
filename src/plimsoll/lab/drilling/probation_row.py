"""A row of the guard that shrinks stakes after a re-arming, under a fault."""

from plimsoll.core import PlimsollError
from plimsoll.lab.drill_bot import ask
from plimsoll.lab.drilling.assertions import Marks, chain_whole, symbol_of, verdict_of
from plimsoll.lab.drilling.bot import DrilledBot
from plimsoll.lab.drilling.closing_row import FLAT_SECONDS, REASON, VERDICT_SECONDS, Watch, hold
from plimsoll.lab.drilling.fault import Fault
from plimsoll.lab.drilling.pair_checks import books_settle
from plimsoll.lab.drilling.row import Row
from plimsoll.lab.drilling.scenario import LEAST_FALL, Act, Scenario
from plimsoll.lab.drilling.trips import FALLING_LOOPS, fall, filled

TOLERANCE = 0.1
"""Stakes differ by a step of the amount and by what the halt cost."""


def play_probation(bot: DrilledBot, scenario: Scenario, fault: Fault, row: Row) -> None:
    """Halt, re-arm, and see the next entries smaller, also after a kill; raises `PlimsollError`.

    Its checks are in ``row`` afterwards.
    """
    hold(bot, scenario)
    fall(bot, LEAST_FALL)  # a new high of the account would end the probation
    bot.pass_loops(FALLING_LOOPS)
    whole = {pair: (1 - LEAST_FALL) * stake for pair, stake in stakes(bot).items()}
    watch = Watch(bot, row, fault)
    _halted_and_rearmed(bot, scenario, row)
    try:
        watch.arm()
        watch.strike()
        if fault.halts_by:
            _halted_again(watch, fault.halts_by)
        watch.until(lambda: _entered(bot), "entries after the re-arming", seconds=FLAT_SECONDS)
        watch.see_out()
    finally:
        watch.mend()
    watch.judge()
    watch.until(lambda: bot.alive, "a running bot", seconds=FLAT_SECONDS)
    row.limit = float(scenario.risk["probation_stake_fraction"])
    row.value, row.action = _smaller(bot, row, whole, "after the re-arming"), "reduced"
    if bot.setup.live:  # a locked database may end it some loops after the lock is gone
        watch.until(lambda: bot.differences().agree, "books that agree", seconds=FLAT_SECONDS)
    books_settle(bot, row, "on probation")
    bot.restart()
    before = {int(one["id"]) for one in filled(bot)}
    ask(lambda: bot.rest.forceexit("all"))
    bot.wait(
        lambda: _entered(bot) and not before & {int(one["id"]) for one in filled(bot)},
        "entries after the restart",
        seconds=FLAT_SECONDS,
    )
    _smaller(bot, row, whole, "after a restart")
    chain_whole(bot, row)


def stakes(bot: DrilledBot) -> dict[str, float]:
    """Return the stake of each pair that is held, USD."""
    return {str(one["pair"]): float(one["stake_amount"]) for one in filled(bot)}


def _entered(bot: DrilledBot) -> bool:
    amounts = bot.database_side().positions
    return all(amounts.get(symbol_of(pair)) for pair in bot.setup.pairs)


def _smaller(bot: DrilledBot, row: Row, whole: dict[str, float], when: str) -> float:
    """Check each stake against the profile's share of what it was; return the largest share."""
    shares = {pair: stake / whole[pair] for pair, stake in stakes(bot).items()}
    if not shares or row.limit is None:
        raise PlimsollError("expected positions on probation, found none")
    said = ", ".join(f"{pair} {share:.3f}" for pair, share in shares.items())
    fits = all(abs(share / row.limit - 1) < TOLERANCE for share in shares.values())
    row.check(f"stakes shrunk {when}", fits, said)
    return max(shares.values())


def _halted_again(watch: Watch, rule: str) -> None:
    """See the fault halt the account and close it, and end that halt as a person does."""
    bot = watch.bot

    def halted() -> bool:
        acted = ("halt", "acted", rule)
        return any(
            (one["kind"], one.get("event"), one.get("rule")) == acted for one in bot.records()
        )

    watch.until(halted, f"a halt by {rule}", seconds=VERDICT_SECONDS)
    watch.until(lambda: not bot.held() and not filled(bot), "a flat account", seconds=FLAT_SECONDS)
    status, said = bot.run("resume", "--reason", REASON)
    watch.row.check(f"plimsoll resume after {rule}", status == 0, f"exit status {status}: {said}")


def _halted_and_rearmed(bot: DrilledBot, scenario: Scenario, row: Row) -> None:
    marks = Marks.of(bot)
    scenario.trip(bot)
    bot.wait(
        lambda: verdict_of(bot, marks, "manual_halt", Act.HALT), "a halt", seconds=VERDICT_SECONDS
    )
    bot.wait(lambda: not bot.held() and not filled(bot), "a flat account", seconds=FLAT_SECONDS)
    scenario.undo(bot)
    status, said = bot.run("resume", "--reason", REASON)
    row.check("plimsoll resume", status == 0, f"exit status {status}: {said}")
