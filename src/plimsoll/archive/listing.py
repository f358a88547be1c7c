"""What an exchange lists and since when: what can be asked of it at all."""

from dataclasses import dataclass
from datetime import date

import pandas as pd

from plimsoll.archive.http import Client, get_json
from plimsoll.archive.layout import exchange_symbol
from plimsoll.core import UsageError


@dataclass(frozen=True, slots=True)
class Listing:
    """The exchange's time, and the day of listing of each symbol that trades."""

    now: pd.Timestamp
    days: dict[str, date]

    def day_of(self, pair: str) -> date | None:
        """Return the day of a pair's listing, None when it does not trade."""
        return self.days.get(exchange_symbol(pair))

    def like(self, pair: str) -> str:
        """Return a hint at symbols that trade and contain this one's base, or nothing."""
        base = exchange_symbol(pair).removesuffix("USDT")
        names = sorted(name for name in self.days if base in name)
        return f" (there is {', '.join(names[:4])})" if names else ""

    def unknown(self, pair: str) -> str | None:
        """Return what to say of a pair that does not trade, None for one that does."""
        if self.day_of(pair) is not None:
            return None
        return (
            f"{pair}: {exchange_symbol(pair)} does not trade on the exchange{self.like(pair)}; it "
            "may be misspelt, renamed or delisted"
        )

    def nothing_yet(self, pair: str, until: date | None) -> str | None:
        """Return what to say of a span that ends before a pair was listed."""
        day = self.day_of(pair)
        if day is None or until is None or until >= day:
            return None
        return (
            f"{pair}: listed on {day}, so there is nothing until {until}; ask for a later --until"
        )

    def later_begin(self, pair: str, since: date) -> str | None:
        """Return what to say of a span that begins before a pair was listed."""
        day = self.day_of(pair)
        if day is None or since >= day:
            return None
        return f"{pair}: listed on {day}, filled from there"

    def require_begun(self, since: date) -> None:
        """Refuse a span that lies in the future.

        Raises
        ------
        UsageError
            When its first day is not there yet.
        """
        if since > self.now.date():
            raise UsageError(
                f"expected --since no later than today, {self.now:%Y-%m-%d} on the exchange's "
                f"clock, found {since}"
            )


async def listing_of(client: Client, api_url: str) -> Listing:
    """Ask a Binance USD-M exchange for its time and its symbols.

    Raises
    ------
    PlimsollError
        When it cannot be reached.
    """
    clock = await get_json(client, f"{api_url}/fapi/v1/time")
    info = await get_json(client, f"{api_url}/fapi/v1/exchangeInfo")
    now = pd.Timestamp(int(clock["serverTime"]), unit="ms", tz="UTC")
    days = {
        str(entry["symbol"]): pd.Timestamp(int(entry["onboardDate"]), unit="ms", tz="UTC").date()
        for entry in info["symbols"]
        if entry.get("status") == "TRADING"
    }
    return Listing(now, days)


async def ask_listing(api_url: str) -> Listing:
    """Return an exchange's listing over a session of its own."""
    async with Client() as client:
        return await listing_of(client, api_url)
