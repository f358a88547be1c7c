"""The bot's database, asked with an end to the waiting, whatever its driver or its disk does."""

import threading
from contextlib import suppress

from plimsoll.monitoring.bot_traces import read_database
from plimsoll.monitoring.sight import DatabaseSight

ANSWER_SECONDS = 10.0
"""How long a look waits; SQLite is asked two questions, each of which may wait for a lock."""


class Database:
    """A database that is asked in a thread of its own, one question at a time.

    A server that accepts and says nothing, or that hangs after it let a client in, answers no
    timeout of its own: the look goes on without it, and asks again once the last question ended.
    """

    def __init__(self, db_url: str, *, answer_seconds: float = ANSWER_SECONDS) -> None:
        self._db_url, self._answer_seconds = db_url, answer_seconds
        self._asking: threading.Thread | None = None

    def look(self) -> DatabaseSight:
        """Return what it says, or its fault; never later than after the seconds of an answer."""
        if self._asking is not None and self._asking.is_alive():
            return DatabaseSight(fault="it has not answered the last question yet")
        answers: list[DatabaseSight] = []
        self._asking = threading.Thread(target=self._ask, args=(answers,), daemon=True)
        self._asking.start()
        self._asking.join(self._answer_seconds)
        with suppress(IndexError):
            return answers[0]
        return DatabaseSight(fault=f"no answer within {self._answer_seconds:g} s")

    def _ask(self, answers: list[DatabaseSight]) -> None:
        try:
            answers.append(read_database(self._db_url))
        except Exception as error:  # noqa: BLE001 - whatever a driver raises is a fault
            answers.append(DatabaseSight(fault=f"{type(error).__name__}: {error}"))
