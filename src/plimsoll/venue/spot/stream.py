"""Spot's public WebSocket: candles.

On Binance spot streams have a host of their own; here they have a prefix, ``/spot``. What Freqtrade
and ccxt subscribe to for candles is served, any other stream is refused.
"""

from plimsoll.venue.api.feeds import Feed
from plimsoll.venue.api.stream import Hub

PREFIX = "/spot/"
CHANNEL = "kline"


class SpotHub(Hub):
    """The connections to the streams of spot."""

    def _feed(self, name: str) -> Feed | None:
        channel = name.partition("@")[2]
        return super()._feed(name) if channel.partition("_")[0] == CHANNEL else None
