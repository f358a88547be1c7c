"""A control bot as a process of its own, on a Telegram service as strict as the real one.

with phoned(tmp_path) as phone:
    phone.start()
    phone.telegram.ask("/status", containing="not running")
    phone.kill9()
"""

import json
import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from plimsoll.bridge.state.folder import StateFolder
from plimsoll.journal.files import decision_files, lines
from plimsoll.lab.processes import child_beginning, child_environment, command, end, wait_until
from plimsoll.lab.telegram.service import CHAT_ID, TOKEN, TelegramService, telegram_service

PATIENCE = 120.0
BEN = 4343
QUICK = {"every_seconds": 0.2, "dead_man_seconds": 86_400, "undelivered_seconds": 5}


class Phone:
    """One control bot: its folder, its Telegram, and its process, which may be killed."""

    def __init__(
        self,
        folder: Path,
        telegram: TelegramService,
        words: list[str],
        environment: Mapping[str, str],
    ) -> None:
        self.folder, self.telegram = folder, telegram
        self.userdir = folder / "user_data"
        self.bot = StateFolder(self.userdir / "plimsoll")
        self.own = self.userdir / "plimsoll-control"
        self.output = folder / "control-bot.log"
        self._words, self._environment = words, environment
        self._child: subprocess.Popen[str] | None = None

    def start(self, *, listening: bool = True) -> None:
        """Start it, and return when it listens."""
        calls = len(self.telegram.calls)
        with self.output.open("ab") as output:
            self._child = subprocess.Popen(
                [command("plimsoll"), "control-bot", *self._words],
                cwd=self.folder,
                env=child_environment(self._environment, settings=False),
                text=True,
                stdout=output,
                stderr=output,
                preexec_fn=child_beginning(),  # noqa: PLW1509
            )
        if listening:
            self.until(lambda: self.telegram.listening(since_call=calls), "the control bot listens")

    @property
    def alive(self) -> bool:
        return self._child is not None and self._child.poll() is None

    def kill9(self) -> None:
        """Kill it as a power cut would."""
        assert self._child is not None
        self._child.send_signal(signal.SIGKILL)
        self._child.wait(60)

    def stop(self) -> int:
        """End it as systemd does; return its exit status."""
        assert self._child is not None
        self._child.send_signal(signal.SIGTERM)
        return self._child.wait(60)

    def close(self) -> None:
        if self.alive and self._child is not None:
            end(self._child)

    def until(self, condition: Any, what: str, seconds: float = PATIENCE) -> None:
        def wanted() -> Any:
            assert self._child is None or self._child.poll() is None, self.said
            return condition()

        wait_until(wanted, seconds=seconds, what=what, pause_seconds=0.05)

    @property
    def said(self) -> str:
        """What it wrote to its terminal."""
        return self.output.read_text() if self.output.exists() else ""

    def records(self, event: str | None = None) -> list[dict[str, Any]]:
        """Return the records of its log, oldest first: all, or the commands of one event."""
        every = [
            json.loads(line)
            for file in decision_files(self.own / "journal")
            for line in lines(file)
        ]
        return [one for one in every if event in (None, one.get("event"))]

    def status(self) -> dict[str, Any]:
        """Return the status of its last look; empty before the first."""
        file = self.own / "status.json"
        return json.loads(file.read_bytes()) if file.exists() else {}

    def button(self, containing: str, word: str, since: int = 0) -> tuple[Any, str]:
        """Wait for a question, and return its message and the data of one of its buttons."""
        asked = self.telegram.wait_for(containing, since=since)
        (data,) = [one for _, one in asked.buttons if one.startswith(f"{word}:")]
        return asked, data


@contextmanager
def phoned(
    folder: Path,
    *,
    layers: list[Path] | None = None,
    db_url: str = "",
    profile: Mapping[str, Any] | None = None,
    **secrets: str,
) -> Iterator[Phone]:
    """Make a user folder and a Telegram service; the control bot is started by the test.

    ``layers`` are a trading bot's own, else there is only its user folder; ``secrets`` go to the
    environment by their names, over token and persons.
    """
    (folder / "user_data").mkdir(exist_ok=True, parents=True)
    own = folder / "control-bot.json"
    own.write_text(json.dumps({"plimsoll": {"control_bot": {**QUICK, **(profile or {})}}}))
    words = ["--userdir", str(folder / "user_data")]
    words += [word for layer in [*(layers or []), own] for word in ("-c", str(layer))]
    words += ["--db-url", db_url or f"sqlite:///{folder}/bot.sqlite"]
    with ExitStack() as stack:
        telegram = stack.enter_context(telegram_service(folder / "phone"))
        given = {"token": TOKEN, "chats": f"anna={CHAT_ID} ben={BEN} -1004242", **secrets}
        service = dict(telegram.environment)
        for name in ("TOKEN", "CHAT_ID"):  # of the trading bot, which has another service
            service.pop(f"FREQTRADE__TELEGRAM__{name}")
        environment = {
            **service,
            "XDG_STATE_HOME": str(folder / "state"),
            **{f"PLIMSOLL_CONTROL__{name.upper()}": value for name, value in given.items()},
        }
        phone = Phone(folder, telegram, words, environment)
        stack.callback(phone.close)
        yield phone
