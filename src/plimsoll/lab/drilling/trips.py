"""What is done from outside to trip a guard, and to put the market back."""

import json
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from itertools import takewhile
from typing import Any

from plimsoll.lab.drill_bot import ask
from plimsoll.lab.drilling.bot import DrilledBot
from plimsoll.lab.drilling.scenario import BTC, FOREIGN, LEAST_FALL, MOST_FALL, REASON

FALLING_LOOPS = 3


def fall_needed(bot: DrilledBot, limit: float) -> float:
    """Return by how much prices must fall so that the account loses three times a limit."""
    equity = float(bot.status().get("equity_usd") or 0.0)
    stakes = [float(row["stake_amount"]) * float(row["leverage"] or 1) for row in open_trades(bot)]
    if equity <= 0 or not stakes:
        return LEAST_FALL
    return min(max(3 * limit * equity / sum(stakes), LEAST_FALL), MOST_FALL)


def open_trades(bot: DrilledBot) -> list[dict[str, Any]]:
    """Return the open trades of the database."""
    return bot.trades(is_open=True)


def falling(limit: float) -> Callable[[DrilledBot], None]:
    """Let prices fall as far as a limit of the account needs."""

    def trip(bot: DrilledBot) -> None:
        fall(bot, fall_needed(bot, limit))

    return trip


def falling_by(fraction: float, pair: str) -> Callable[[DrilledBot], None]:
    """Let the price of one pair fall so far."""

    def trip(bot: DrilledBot) -> None:
        fall(bot, fraction, (pair,))

    return trip


def fall(bot: DrilledBot, fraction: float, pairs: tuple[str, ...] | None = None) -> None:
    """Let prices fall within two loops; they stay there."""
    options: dict[str, object] = {"magnitude": -fraction, "duration_seconds": 60.0}
    if pairs is not None:
        options["symbols"] = list(pairs)
    bot.exchange.venue.start_scenario("move", **options)
    bot.fallen_fraction, bot.fallen_pairs = fraction, pairs


def rise(bot: DrilledBot) -> None:
    """Let prices rise to where they fell from."""
    if fraction := bot.fallen_fraction:
        options: dict[str, object] = {"magnitude": fraction / (1 - fraction)}
        if bot.fallen_pairs is not None:
            options["symbols"] = list(bot.fallen_pairs)
        bot.exchange.venue.start_scenario("move", duration_seconds=1.0, **options)
        bot.fallen_fraction = 0.0


def climb(bot: DrilledBot) -> None:
    """Let prices rise by a tenth within two loops, so that a trailing stop follows."""
    bot.exchange.venue.start_scenario("move", magnitude=0.1, duration_seconds=60.0)


def flag(bot: DrilledBot) -> None:
    """Create the flag file."""
    bot.state.set_halt(REASON)


def lower_flag(bot: DrilledBot) -> None:
    """Remove the flag file."""
    bot.state.clear_halt()


def halt_command(bot: DrilledBot) -> None:
    """Halt with ``plimsoll halt``, without waiting for it to be flat."""
    bot.run("halt", "--reason", REASON, "--wait", "1")


def halt_in_config(bot: DrilledBot) -> None:
    """Put ``halt: true`` into the config and reload it."""
    section = {**bot.overlay.get("plimsoll", {}), "halt": True}
    bot.configure({**bot.overlay, "plimsoll": section})
    ask(bot.rest.reload_config)


def take_halt_out(bot: DrilledBot) -> None:
    """Take it out again and reload."""
    section = {**bot.overlay.get("plimsoll", {}), "halt": False}
    bot.configure({**bot.overlay, "plimsoll": section})
    if bot.alive:
        starts = len(bot.records("start"))
        bot.wait(lambda: ask(bot.rest.reload_config), "an answer to /reload_config")
        bot.wait(lambda: len(bot.records("start")) > starts, "a reloaded config")


def losing(count: int, leave: int, *, in_a_row: bool = False) -> Callable[[DrilledBot], None]:
    """Close so many trades after a fall, at a loss one and all where it is ``in_a_row``.

    Some are left open. The market may rise by more than it falls, and a fault may close at a gain.
    """

    def trip(bot: DrilledBot) -> None:
        before = {row["id"] for row in bot.trades(is_open=False)}

        def done() -> int:
            closed = [row for row in bot.trades(is_open=False) if row["id"] not in before]
            return losses_in_a_row(closed) if in_a_row else len(closed)

        while (left := count - done()) > 0:
            bot.wait(lambda: len(filled(bot)) > leave, "positions to lose with")
            fall(bot, LEAST_FALL)
            bot.pass_loops(FALLING_LOOPS)
            for row in filled(bot)[leave:][:left]:
                ask(partial(bot.rest.forceexit, row["id"]))
            bot.pass_loops(1)

    return trip


def losses_in_a_row(closed: Iterable[Mapping[str, Any]]) -> int:
    """Return how many of the trades that closed last lost, without one between them that won."""
    latest_first = sorted(closed, key=lambda row: str(row["close_date"]), reverse=True)
    return sum(1 for _ in takewhile(lambda row: row["close_profit_abs"] < 0, latest_first))


def filled(bot: DrilledBot) -> list[dict[str, Any]]:
    """Return the open trades that hold something."""
    return [row for row in open_trades(bot) if row["amount"] and row["open_rate"]]


def errors(bot: DrilledBot) -> None:
    """Refuse requests for the order book."""
    bot.exchange.fault("http-error", status=503, paths=["/fapi/v1/depth"], count=60)


def stale_candles(bot: DrilledBot) -> None:
    """Let the candles of one pair stand still."""
    bot.exchange.fault("stale-candles", symbols=[BTC])


def mend_market(bot: DrilledBot) -> None:
    """End every fault of the exchange."""
    bot.exchange.mend()


def go_blind(bot: DrilledBot) -> None:
    """Let the guards' own loop raise."""
    (bot.userdir / "blind").touch()


def see_again(bot: DrilledBot) -> None:
    """Let it look again."""
    (bot.userdir / "blind").unlink(missing_ok=True)


def foreign_position(bot: DrilledBot) -> None:
    """Buy what is none of the bot's pairs."""
    bot.exchange.order(FOREIGN, "BUY", "10")


def close_foreign(bot: DrilledBot) -> None:
    """Sell it again."""
    if bot.exchange_side().positions.get(FOREIGN):
        bot.exchange.order(FOREIGN, "SELL", "10", reduce_only=True)


def lever(bot: DrilledBot) -> None:
    """Let the strategy want leverage 3."""
    (bot.userdir / "leverage").write_text("3", encoding="utf-8")


def bad_model(bot: DrilledBot) -> None:
    """Let the strategy tell of a model that is often wrong."""
    answers = {"name": "drill", "accuracy_fraction": 0.46, "predictions": 250}
    (bot.userdir / "model.json").write_text(json.dumps(answers), encoding="utf-8")


def promise(bot: DrilledBot) -> None:
    """Give the bot an expectation that it cannot meet."""
    promised = {
        "source": "drill",
        "trades": 200,
        "mean_profit_fraction": 0.004,
        "profit_std_fraction": 0.01,
        "win_rate_fraction": 0.58,
    }
    file = bot.folder / "expectation.json"
    file.write_text(json.dumps(promised), encoding="utf-8")
    section = {**bot.overlay.get("plimsoll", {}), "expectation_file": str(file)}
    bot.configure({**bot.overlay, "plimsoll": section})


def idle(bot: DrilledBot) -> None:
    """Let the strategy wish for nothing; what is entered is forced."""
    (bot.userdir / "idle").touch()


def trail(bot: DrilledBot) -> None:
    """Let the stop of each position follow the price; what is entered is forced."""
    idle(bot)
    (bot.userdir / "trail").touch()


def exit_by_hand(bot: DrilledBot) -> None:
    """Close every position, as ``/forceexit all`` does."""
    bot.wait(lambda: len(filled(bot)) == len(bot.setup.pairs), "positions")
    ask(partial(bot.rest.forceexit, "all"))


def enter_by_hand(bot: DrilledBot) -> None:
    """Enter every pair, as ``/forceenter`` does."""
    for pair in bot.setup.pairs:
        bot.force_entry(pair)


def halve(bot: DrilledBot) -> None:
    """Let the strategy sell half of each position."""
    (bot.userdir / "halve").touch()
