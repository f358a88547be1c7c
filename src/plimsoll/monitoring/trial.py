"""A trial of everything that a watchdog needs, before it is needed."""

from typing import Any

from plimsoll.core import PlimsollError
from plimsoll.monitoring import bot_traces
from plimsoll.monitoring.account import Account, Rights, utc_now
from plimsoll.monitoring.alarms import Outbox, require_addresses
from plimsoll.monitoring.bot_api import BotApi
from plimsoll.monitoring.database import Database
from plimsoll.monitoring.profile import Act
from plimsoll.monitoring.settings import WatchSettings

WITHDRAWS = "this key may withdraw money, which a watchdog never needs; make one without that right"


def require_no_withdrawal(rights: Rights) -> None:
    """Refuse a key that may take money out of the account.

    Raises
    ------
    PlimsollError
        When the exchange says that it may.
    """
    if rights.withdraw:
        raise PlimsollError(WITHDRAWS)


def try_all(settings: WatchSettings) -> dict[str, Any]:
    """Return what works and what does not, row by row, and whether all is well."""
    rows = [_profile(settings), *_bot(settings), *_account(settings), *_alarms(settings)]
    checks = [{"what": what, "ok": ok, "said": said} for what, ok, said in rows]
    return {"is_well": all(one["ok"] for one in checks), "checks": checks}


Row = tuple[str, bool, str]


def _profile(settings: WatchSettings) -> Row:
    return "may", True, f"{settings.profile.may.value}; its folder is {settings.folder}"


def _bot(settings: WatchSettings) -> list[Row]:
    rows: list[Row] = []
    if settings.api_url is None:
        rows.append(("bot", False, "its REST API is off: its loop is not seen"))
    else:
        secrets = settings.secrets
        api = BotApi(settings.api_url, secrets["api_username"], secrets["api_password"])
        bot = api.look()
        api.close()
        said = f"{bot.answer.value} {bot.said}".strip()
        rows.append(("bot", bot.answers, bot.state or said if bot.answers else said))
    if settings.db_url is not None:
        database = Database(settings.db_url).look()
        fine = database.fault is None
        rows.append(("database", fine, database.fault or f"{len(database.trades)} open trades"))
    if settings.bot_folder is not None:
        traced = bot_traces.last_trace(settings.bot_folder)
        said = "no status in it" if traced is None else f"last written at {traced:%H:%M:%S} UTC"
        rows.append(("folder", traced is not None, said))
    return rows


def _account(settings: WatchSettings) -> list[Row]:
    if not settings.has_account:
        return [("exchange", False, "no key: the account is not watched")]
    account = Account(settings.exchange, settings.secrets, settings.stake_currency)
    sight = account.look(utc_now())
    if sight.books.fault is not None:
        return [("exchange", False, sight.books.fault)]
    rows: list[Row] = [
        ("exchange", True, f"{len(sight.books.positions)} positions, equity {sight.equity_usd}")
    ]
    return [*rows, _rights(account.rights(), settings.profile.may)]


def _rights(rights: Rights, may: Act) -> Row:
    try:
        require_no_withdrawal(rights)
    except PlimsollError as error:
        return "key", False, str(error)
    if may is Act.FLATTEN and rights.trade is False:
        return "key", False, "this key may not trade: it can close nothing"
    if rights.withdraw is None:
        return "key", True, "the exchange does not tell its rights; see that it may not withdraw"
    return "key", True, "no right to withdraw"


def _alarms(settings: WatchSettings) -> list[Row]:
    if not settings.alarm_urls:
        return [("alarms", False, "no address: nobody is told")]
    require_addresses(settings.alarm_urls)
    outbox = Outbox(settings.alarm_urls, "Plimsoll watchdog")
    outbox.add("test", "a test of the watchdog's alarms; nothing is wrong", utc_now())
    delivered, failed = outbox.deliver(utc_now())
    return [("alarms", not failed, f"{delivered} of {delivered + failed} delivered")]
