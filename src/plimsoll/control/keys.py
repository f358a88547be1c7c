"""Exchange one API key of a bot for another, while both are valid.

The bot knows its account by the key, so that another key is another account to it, and it would be
HALTED until a person has looked. Where both keys open the same account at the same moment, that is
known to be needless: what the record holds of the old one is taken over for the new one.
"""

import os
import stat
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from math import isfinite
from pathlib import Path
from typing import Any

from plimsoll.bridge.state.identity import account_of
from plimsoll.control.bot import Bot, now_of, rest_state
from plimsoll.core import Mode, PlimsollError, UsageError
from plimsoll.core.books import ExchangeBooks
from plimsoll.monitoring.account import Account
from plimsoll.monitoring.trial import require_no_withdrawal

KEY, SECRET = "FREQTRADE__EXCHANGE__KEY", "FREQTRADE__EXCHANGE__SECRET"
OLD = ".old"
"""What the name of the file ends with that keeps the old pair until it is refused."""
SAME_WALLET = 0.001
"""Wallets that differ by more, as a share, are not one: funding moves less between two looks."""
AMOUNT = 1e-8


@dataclass(frozen=True, slots=True)
class Pair:
    """An API key and its secret."""

    key: str
    secret: str

    def __repr__(self) -> str:
        """Show neither."""
        return "Pair(…)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rotation:
    """How a rotation stands.

    Attributes
    ----------
    overlap
        Whether the old key was valid beside the new one.
    same_account
        Whether both were seen to open one account; ``None`` when that cannot be known.
    taken_over
        Whether the bot goes on with what the old key's record holds.
    lines
        What a person should know, in words.
    """

    overlap: bool
    same_account: bool | None
    taken_over: bool
    lines: tuple[str, ...]


def rotate(bot: Bot, secrets: Path, new: Path, *, check_only: bool = False) -> Rotation:
    """Check a new pair, put it in place of the old one, and take the bot's record over.

    Safe to repeat: one that was killed goes on where it ended.

    Raises
    ------
    UsageError
        When a file, or the bot, is not what is needed.
    PlimsollError
        When the bot runs, or the new key is refused, may withdraw, may not trade, opens another
        account, or cannot be tried. Nothing is changed then.
    """
    if bot.config.get("dry_run", True):
        raise UsageError("expected the layers of a live bot: a dry-run uses no key")
    text = _read(secrets)
    fresh, present = _pair_in(_read(new), new), _pair_in(text, secrets)
    old, kept = present, _beside(secrets)
    if present == fresh:
        if not kept.exists():
            raise UsageError(f"expected another key in {new} than in {secrets}, found the same")
        old = _pair_in(_read(kept), kept)
    elif kept.exists() and not check_only and _pair_in(_read(kept), kept) != present:
        raise UsageError(
            f"{kept} keeps a key that is not retired yet; run plimsoll keys retire first"
        )
    if not check_only:
        _require_stopped(bot)
    overlap, same, lines = _compared(bot, old, fresh)
    if check_only:
        return Rotation(overlap=overlap, same_account=same, taken_over=False, lines=tuple(lines))
    if present != fresh:
        write_secret(kept, f"{KEY}={old.key}\n{SECRET}={old.secret}\n")
        write_secret(secrets, with_pair(text, fresh))
    if same:
        held = _take_over(bot, old, fresh)
        lines.append(
            "the record was taken over; start the bot, with positions or without: it goes on"
            + (f", held by {', '.join(held)}" if held else "")
        )
    else:
        lines.append(
            "start the bot: it is HALTED by the rule state, closes what is open, and goes on "
            "after plimsoll resume"
        )
    lines.append("then delete the old key at the exchange, and run plimsoll keys retire")
    return Rotation(overlap=overlap, same_account=same, taken_over=bool(same), lines=tuple(lines))


def retire(bot: Bot, secrets: Path) -> str:
    """See that the old key is refused, then forget it; return that in words.

    Raises
    ------
    UsageError
        When no rotation was begun.
    PlimsollError
        When the exchange still takes it, or does not say.
    """
    kept = _beside(secrets)
    if not kept.exists():
        raise UsageError(f"expected the old key in {kept}, found none: nothing is to be retired")
    old = _pair_in(_read(kept), kept)
    if old == _pair_in(_read(secrets), secrets):
        raise UsageError(
            f"the rotation was ended before {secrets} had the new key: run plimsoll keys rotate "
            "again; the old key is still the bot's, leave it at the exchange"
        )
    sight = _account(bot, old).look(datetime.now(UTC))
    if sight.refused is None and sight.books.fault is None:
        raise PlimsollError(
            "the exchange still takes the old key; delete it there, then run this again"
        )
    if sight.refused is None:
        raise PlimsollError(
            f"it is not known whether the old key is refused: {sight.books.fault}; run this again"
        )
    kept.unlink()
    return f"the exchange refuses the old key ({sight.refused}); it was forgotten here"


def with_pair(text: str, pair: Pair) -> str:
    """Return the text of a file of secrets with another pair, and all else as it was."""
    wanted = {KEY: pair.key, SECRET: pair.secret}
    lines = []
    for line in text.splitlines():
        name = line.partition("=")[0].strip()
        if name not in (KEY, SECRET):
            lines.append(line)
        elif name in wanted:
            lines.append(f"{name}={wanted.pop(name)}")
    lines += [f"{name}={value}" for name, value in wanted.items()]
    return "\n".join(lines) + "\n"


def write_secret(file: Path, text: str) -> None:
    """Write a file in one move, for its owner alone, who stays the one of before."""
    part = file.with_name(f".{file.name}.{os.getpid()}.part")
    part.unlink(missing_ok=True)
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as out:
            out.write(text)
            out.flush()
            os.fsync(out.fileno())
        if file.exists() and os.geteuid() == 0:
            known = file.stat()
            os.chown(part, known.st_uid, known.st_gid)
        part.replace(file)
    finally:
        part.unlink(missing_ok=True)


def _beside(secrets: Path) -> Path:
    return secrets.with_name(secrets.name + OLD)


def _read(file: Path) -> str:
    """Return a file of secrets, which nobody but its owner may read."""
    try:
        mode = file.stat().st_mode
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        said = getattr(error, "strerror", None) or "not text"
        raise UsageError(f"expected a file of secrets at {file}: {said}") from None
    if stat.S_IMODE(mode) & 0o077:
        raise UsageError(f"{file} can be read by others; chmod 600 {file}, and make another key")
    return text


def _pair_in(text: str, file: Path) -> Pair:
    found: dict[str, str] = {}
    for line in text.splitlines():
        name, is_setting, value = line.partition("=")
        if is_setting and name.strip() in (KEY, SECRET):
            found[name.strip()] = value.strip()
    if not (found.get(KEY) and found.get(SECRET)):
        raise UsageError(f"expected {KEY}=… and {SECRET}=… in {file}, found one of them or none")
    return Pair(found[KEY], found[SECRET])


def _require_stopped(bot: Bot) -> None:
    from plimsoll.control.rearm import is_written

    if is_written(bot.folder.decisions) or rest_state(bot.config) is not None:
        raise PlimsollError(
            "a bot runs: end it first, its stops stay on the exchange; nothing was changed. To "
            "only try the new key: --check"
        )


def _compared(bot: Bot, old: Pair, new: Pair) -> tuple[bool, bool | None, list[str]]:
    """Return whether both keys are valid, whether they open one account, and both in words."""
    now = datetime.now(UTC)
    account = _account(bot, new)
    fresh = account.look(now)
    if fresh.books.fault is not None:
        verb = "refuses" if fresh.refused is not None else "could not be asked with"
        raise PlimsollError(
            f"the exchange {verb} the new key: {fresh.books.fault}; nothing was changed"
        )
    rights = account.rights()
    require_no_withdrawal(rights)
    if rights.trade is False:
        raise PlimsollError("the new key may not trade futures; nothing was changed")
    lines = ["the new key is valid"]
    before = _account(bot, old).look(now)
    if before.refused is not None:
        return False, None, [*lines, "the old key is refused already: there is no overlap"]
    if before.books.fault is not None:
        raise PlimsollError(
            f"the exchange could not be asked with the old key: {before.books.fault}; nothing was "
            "changed"
        )
    same = same_account(before.books, fresh.books)
    if same is False:
        raise PlimsollError(
            "the new key opens another account than the old one: positions, orders or wallet "
            "differ; nothing was changed"
        )
    said = "both open one account" if same else "an empty account tells nothing of whose it is"
    return True, same, [*lines, "the old key is valid, too", said]


def same_account(one: ExchangeBooks, other: ExchangeBooks) -> bool | None:
    """Return whether two books are of one account; ``None`` when nothing in them can tell."""
    pairs = {position.pair for books in (one, other) for position in books.positions}
    if any(abs(one.signed_amount(pair) - other.signed_amount(pair)) > AMOUNT for pair in pairs):
        return False
    if {order.id for order in one.orders} != {order.id for order in other.orders}:
        return False
    if one.wallet_usd is None or other.wallet_usd is None:
        return None
    if not isfinite(one.wallet_usd + other.wallet_usd):
        return None
    if abs(one.wallet_usd - other.wallet_usd) > SAME_WALLET * max(one.wallet_usd, other.wallet_usd):
        return False
    return True if pairs or one.orders or one.wallet_usd > 0 else None


def _account(bot: Bot, pair: Pair) -> Account:
    currency = str(bot.config.get("stake_currency") or "USDT")
    exchange = dict(bot.config.get("exchange") or {})
    return Account(exchange, {"key": pair.key, "secret": pair.secret}, currency)


def _with_key(config: Mapping[str, Any], pair: Pair) -> dict[str, Any]:
    exchange = {**(config.get("exchange") or {}), "key": pair.key, "secret": pair.secret}
    return {**config, "exchange": exchange, "original_config": {}}


def _take_over(bot: Bot, old: Pair, new: Pair) -> list[str]:
    """Give the new key's account what the old one's record holds; return the rules.

    The log first, then the database: a bot that starts in between finds a database of another
    account, and is HALTED.
    """
    from freqtrade.persistence import Trade, init_db

    from plimsoll.bridge.state import locks
    from plimsoll.bridge.state.recorder import secrets_of
    from plimsoll.bridge.state.stamp import Stamp, new_stamp, read_stamp, write_stamp
    from plimsoll.control.latch import on_record
    from plimsoll.journal.kind import Kind
    from plimsoll.journal.latch_record import union, verdict_fields
    from plimsoll.journal.log import DecisionLog

    before, after = _with_key(bot.config, old), _with_key(bot.config, new)
    known, account = account_of(before), account_of(after)
    if known is None or account is None:
        raise UsageError("expected exchange.name in the bot's layers, found none")
    now = now_of(bot, bot.folder.status())
    hidden = [*secrets_of(before), *secrets_of(after)]
    with DecisionLog(bot.folder.decisions, secrets=hidden) as log:
        init_db(bot.db_url)
        try:
            stamp = read_stamp()
            if stamp is None or stamp.account == account.digest:  # nothing, or done before
                return []
            held = union(
                on_record(bot.folder, before, bot.db_url, now, pending=log.recovery).held,
                locks.held_verdicts(now),
            )
            for verdict in held.values():
                kind = Kind.HALT if verdict.mode is Mode.HALTED else Kind.VERDICT
                fields = verdict_fields(verdict)
                log.append(
                    kind, now, durable=True, event="restored", account=account.digest, **fields
                )
            drawn = new_stamp(account.digest, None).current
            names = {"account": account.digest, "account_name": account.name}
            log.append(Kind.STAMP, now, durable=True, stamp=drawn, **names)
            write_stamp(Stamp(account.digest, drawn, drawn))
        finally:
            with suppress(Exception):
                Trade.session.remove()
    return sorted({rule for rule, _ in held})
