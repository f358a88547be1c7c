"""The name that every order of a bot carries on the exchange, so that it can be told again.

Freqtrade names no order. ccxt makes up a client order id where none is given: for Binance a
prefix out of its option ``broker``, and 22 random characters. Another prefix there is on every
order that the bot sends, conditional ones included, also when the answer is lost. On Bybit ccxt
sends the name that it is given, and gets one here with each order.
"""

import secrets
from hashlib import sha256
from inspect import signature
from typing import Any

NAME = "plimsoll-"
MARK_LENGTH = 4
"""Hexadecimal digits of the key's mark: with the name and a hyphen as long as ccxt has room for.

Binance takes 36 characters of ``[.A-Z:/a-z0-9_-]``, and ccxt adds 22; Bybit takes 36 as well.
"""
GIVEN = frozenset({"bybit"})
"""Where ccxt sends the name that an order is given, and makes up none."""


def order_prefix(exchange: Any) -> str | None:
    """Return what the names of a bot's orders begin with, by the key that it trades with.

    Parameters
    ----------
    exchange
        Freqtrade's exchange object.

    Returns
    -------
    ``None`` where ccxt gives orders no name of this kind: there an order of the bot is known by
    its database alone.
    """
    api = exchange._api  # noqa: SLF001 - Freqtrade offers no other way to its ccxt object
    if not (isinstance(api.options.get("broker"), dict) or api.id in GIVEN):
        return None
    fleet = (exchange._config.get("plimsoll") or {}).get("fleet") or {}  # noqa: SLF001 - as above
    # Bots of a fleet share a key, and each looks after its own orders.
    key = f"{api.apiKey or ''}{fleet.get('bot') or ''}"
    return f"{NAME}{sha256(key.encode()).hexdigest()[:MARK_LENGTH]}-"


def name_orders(exchange: Any) -> str | None:
    """Let every order of this bot begin with its prefix from now on, and return it.

    Freqtrade replaces the options of its ccxt object with those of its asynchronous one whenever
    it reloads the markets: both get the prefix.
    """
    prefix = order_prefix(exchange)
    if prefix is not None:
        for api in ccxt_objects(exchange):
            if api.id in GIVEN:
                _give_names(api, prefix)
            else:
                broker = api.options["broker"]
                broker.update(dict.fromkeys(broker, prefix))
    return prefix


def _give_names(api: Any, prefix: str) -> None:
    """Give each order a name that this ccxt object sends, unless it has one."""
    send = type(api).create_order
    parameters = signature(send)

    def create_order(*positional: Any, **named: Any) -> Any:
        order = parameters.bind(api, *positional, **named)
        name = f"{prefix}{secrets.token_hex(11)}"
        order.arguments["params"] = {
            "clientOrderId": name,
            **(order.arguments.get("params") or {}),
        }
        return send(*order.args, **order.kwargs)

    api.create_order = create_order


def ccxt_objects(exchange: Any) -> list[Any]:
    """Return Freqtrade's ccxt objects: the one that orders, and the one whose options it takes."""
    objects = [getattr(exchange, name, None) for name in ("_api", "_api_async")]
    return [one for one in objects if one is not None]
