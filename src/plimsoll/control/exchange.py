"""A live bot's account at its exchange, read from outside. Nothing is sent but questions.

Freqtrade is imported when it is needed: a halt must not wait for seconds of imports.
"""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from typing import TYPE_CHECKING, Any, TypeVar

from plimsoll.bridge.config.layers import quiet_logs
from plimsoll.core import PlimsollError

if TYPE_CHECKING:
    from freqtrade.exchange import Exchange

REQUEST_SECONDS = 5.0
"""How long one request may take; an exchange that is well answers in a fraction of a second."""

Answer = TypeVar("Answer")


def is_live(config: Mapping[str, Any]) -> bool:
    """Return whether a config trades with real orders, by Freqtrade's own default."""
    return not config.get("dry_run", True)


@contextmanager
def connected(config: Mapping[str, Any]) -> "Iterator[Exchange]":
    """Yield Freqtrade's exchange of a config, with the config's keys, without its own start.

    That start refuses an account in hedge mode, which we have to name; and it would ask for
    candles, markets and tiers that nobody needs here.

    Raises
    ------
    PlimsollError
        When the config names no exchange, one that ccxt does not know, or no key.
    """
    import freqtrade.exchange as exchanges
    from freqtrade.enums import RunMode
    from freqtrade.exceptions import FreqtradeException
    from freqtrade.exchange.common import MAP_EXCHANGE_CHILDCLASS

    whole = {**deepcopy(dict(config)), "runmode": RunMode.OTHER}
    named = whole.get("exchange") or {}
    name = str(named.get("name", ""))
    if not name:
        raise PlimsollError("the config names no exchange; name the bot's own layers with -c")
    if not any(named.get(key) for key in ("key", "api_key", "apiKey", "wallet_address")):
        raise PlimsollError(
            "the config has no exchange key; set FREQTRADE__EXCHANGE__KEY and "
            "FREQTRADE__EXCHANGE__SECRET as for the bot"
        )
    title = MAP_EXCHANGE_CHILDCLASS.get(name, name).title()
    kind = getattr(exchanges, title, exchanges.Exchange)
    reader = type(title, (kind,), {"additional_exchange_init": lambda self: None})
    with quiet_logs():
        try:
            exchange = reader(whole, validate=False)
        except FreqtradeException as error:
            raise PlimsollError(str(error).splitlines()[0]) from None
        try:
            exchange._api.timeout = REQUEST_SECONDS * 1000  # noqa: SLF001 - there is no setting
            yield exchange
        finally:
            exchange.close()


def within(seconds: float, ask: Callable[[], Answer]) -> Answer:
    """Return what a question answers, if it does so in time.

    Raises
    ------
    PlimsollError
        When it does not; and whatever the question itself raises.
    """
    answers: list[Answer] = []
    faults: list[Exception] = []

    def run() -> None:
        try:
            answers.append(ask())
        except Exception as error:  # noqa: BLE001 - it is raised again below
            faults.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(seconds)
    if faults:
        raise faults[0]
    if not answers:
        raise PlimsollError(f"the exchange did not answer within {seconds:.0f} s")
    return answers[0]
