"""Whose latch it is: the account that a config trades."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit

KEYS = ("key", "apiKey", "api_key", "walletAddress", "wallet_address", "accountId", "account_id")
"""Where a config of Freqtrade or ccxt names the account: the first that is set counts."""

DIGITS = 16


@dataclass(frozen=True, slots=True)
class Account:
    """One account: exchange, market, API host, dry-run or live, and of a live one its key.

    Attributes
    ----------
    digest
        What records and the database know it by; the key cannot be read back from it.
    name
        The same in words.
    exchange_digest
        Of a bot of a fleet, what the account alone is known by; bots of one account differ in
        ``digest``, for each has a latch of its own. Empty where there is no fleet.
    """

    digest: str
    name: str
    live: bool
    exchange_digest: str = ""


def account_of(config: Mapping[str, Any]) -> Account | None:
    """Return the account that a config trades; ``None`` when it names no exchange.

    Paper accounts of one exchange and market are one: which database keeps them is what the
    latch must not depend on. A simulated exchange, on a host of its own, is another.
    """
    exchange = config.get("exchange") or {}
    if not exchange.get("name"):
        return None
    live = config.get("dry_run", True) is False
    mode = "live" if live else "dry-run"
    words = [str(exchange["name"]), str(config.get("trading_mode") or "spot")]
    connections = [
        exchange,
        *(exchange.get(name) or {} for name in ("ccxt_config", "ccxt_sync_config")),
    ]
    hosts = sorted({host for one in connections for host in _hosts(one.get("urls"))})
    where = [*hosts, *(["sandbox"] if any(one.get("sandbox") for one in connections) else [])]
    if not live:
        paper = Account(_digest(*words, mode, *where), " ".join([*words, mode, *where]), live)
        return _of_fleet(paper, config)
    # Freqtrade takes the keys out of a running bot's config; what was written still has them.
    written = (config.get("original_config") or {}).get("exchange") or {}
    keyed = [*connections, written]
    key = next((str(one[name]) for one in keyed for name in KEYS if one.get(name)), "")
    fingerprint = _digest("key", key)
    shown = f"{mode}, key {fingerprint[:8] if key else 'none'}"
    digest = _digest(*words, mode, fingerprint, *where)
    return _of_fleet(Account(digest, " ".join([*words, shown, *where]), live), config)


def _of_fleet(account: Account, config: Mapping[str, Any]) -> Account:
    """Return one bot's part of an account, where its config names its fleet."""
    section = config.get("plimsoll")
    fleet = section.get("fleet") if isinstance(section, Mapping) else None
    bot = fleet.get("bot") if isinstance(fleet, Mapping) else None
    if not bot:
        return account
    digest = _digest("bot of a fleet", account.digest, str(bot))
    return Account(digest, f"{account.name}, bot {bot}", account.live, account.digest)


def _hosts(urls: Any) -> Iterator[str]:
    if isinstance(urls, Mapping):
        for url in urls.values():
            yield from _hosts(url)
    elif isinstance(urls, str) and (host := urlsplit(urls).hostname):
        yield host


def _digest(*parts: str) -> str:
    return sha256("\n".join(["plimsoll account", *parts]).encode()).hexdigest()[:DIGITS]
