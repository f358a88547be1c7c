"""Accept looser limits: by the running bot, or in the decision log of a stopped one."""

import time

from plimsoll.bridge.state.recorder import secrets_of
from plimsoll.control.bot import Bot, look, now_of
from plimsoll.control.halt import POLL_SECONDS, Tell, person_name
from plimsoll.core import PlimsollError
from plimsoll.journal.limit_words import accepted_words, change_words


def accept_looser(bot: Bot, reason: str, *, seconds: float, tell: Tell) -> bool:
    """Let looser limits into force from the next reload or start on; return whether it was done.

    Only what the bot holds back now, or would at its next start with this config, is accepted:
    a limit that is looser still has to be accepted again.

    Raises
    ------
    UsageError
        When a file of the config cannot be read.
    PlimsollError
        When the decision log of a stopped bot cannot be written.
    """
    by = f"plimsoll resume, {person_name()}"
    if look(bot).runs:
        return _ask(bot, reason.strip(), by, seconds=seconds, tell=tell)
    _accept_stopped(bot, reason.strip(), by, tell=tell)
    return True


def _ask(bot: Bot, reason: str, by: str, *, seconds: float, tell: Tell) -> bool:
    held_back = (bot.folder.status() or {}).get("held_back") or {}
    bot.folder.ask_to_accept(reason, by)
    deadline = time.monotonic() + seconds
    while bot.folder.acceptance_is_waiting and time.monotonic() < deadline:
        time.sleep(POLL_SECONDS)
    try:
        withdrawn = bot.folder.take_acceptance() is not None
    except PlimsollError:
        withdrawn = True
    if withdrawn:
        tell(f"looser limits not accepted: the bot ended no loop within {seconds:.0f} s")
        return False
    for name, (before, after) in held_back.items():
        tell(f"accepted: {change_words(name, before, after)}")
    tell("the running bot took it; /reload_config puts accepted limits in force")
    return True


def _accept_stopped(bot: Bot, reason: str, by: str, *, tell: Tell) -> None:
    from plimsoll.bridge.state.limit_changes import LIVE, limit_changes
    from plimsoll.journal.log import DecisionLog

    if bot.config.get("dry_run", True):
        tell("a dry-run takes looser limits without acceptance")
        return
    with DecisionLog(bot.folder.decisions, secrets=secrets_of(bot.config)) as log:
        limits = limit_changes(bot.folder.decisions, bot.config, bot.settings.risk, mode=LIVE)
        limits.record_acceptance(log.append, now_of(bot, bot.folder.status()), reason=reason, by=by)
    tell(accepted_words(limits.held_back, reason, by))
