"""A trial of everything that a control bot needs, before it is needed."""

import asyncio
from typing import Any

from plimsoll.bridge.freqtrade.telegram_delivery import TelegramOutlet, UndeliveredError
from plimsoll.control.phone.line import Line, LineError
from plimsoll.control.phone.settings import PhoneSettings
from plimsoll.monitoring.account import utc_now
from plimsoll.monitoring.alarms import Outbox, require_addresses

TEXT = "A test of the control bot; nothing is wrong."
Row = tuple[str, bool, str]


def try_all(settings: PhoneSettings) -> dict[str, Any]:
    """Return what works and what does not, row by row, and whether all is well.

    Each chat and address is sent a message. It asks for no update, so that one that runs beside
    goes on.
    """
    rows = [asyncio.run(_token(settings)), *_chats(settings), *_upper(settings)]
    checks = [{"what": what, "ok": ok, "said": said} for what, ok, said in rows]
    return {"is_well": all(one["ok"] for one in checks), "checks": checks}


async def _token(settings: PhoneSettings) -> Row:
    line = Line(settings)
    await line.open()
    try:
        name = await line.greet()
    except LineError as error:
        return "token", False, str(error)
    finally:
        await line.close()
    skew = abs(line.skew_seconds)
    said = f"@{name}"
    return "token", True, f"{said}; this clock is {skew:.0f} s off" if skew > 2.0 else said


def _chats(settings: PhoneSettings) -> list[Row]:
    rows: list[Row] = []
    for name, number in settings.allowed.chats.items():
        outlet = TelegramOutlet({"token": settings.token, "chat_id": str(number)})
        try:
            outlet.send(TEXT)
            rows.append((name, True, "delivered"))
        except UndeliveredError as error:
            rows.append((name, False, settings.without_secrets(error.reason)))
    return rows


def _upper(settings: PhoneSettings) -> list[Row]:
    rows: list[Row] = []
    for rung, urls in (("mail", settings.mail), ("webhook", settings.webhook)):
        if not urls:
            rows.append((rung, True, "no address: nobody is told there"))
            continue
        require_addresses(urls)
        outbox = Outbox(urls, "Plimsoll control bot")
        outbox.add("test", TEXT, utc_now())
        delivered, failed = outbox.deliver(utc_now())
        rows.append((rung, not failed, f"{delivered} of {delivered + failed} delivered"))
    return rows
