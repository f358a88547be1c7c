"""Where a bot runs: the values that its units, proxy and log rotation share."""

import re
from dataclasses import dataclass
from pathlib import Path

from plimsoll.core import UsageError

_PLAIN = re.compile(r"[\w./:@+=,-]+", re.ASCII)
"""Words that neither systemd nor nginx nor a shell reads as anything but themselves."""

HIDDEN = tuple(Path("/", one) for one in ("home", "root", "run/user", "tmp", "var/tmp"))
"""Folders that a confined service does not see."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """One bot on one machine.

    Attributes
    ----------
    folder
        Where its services run: it holds the user folder and the database.
    commands
        The folder of the ``freqtrade`` and ``plimsoll`` commands, as a venv's ``bin``.
    layers
        The bot's config layers, in order, as seen from ``folder``.
    watch_layer
        The layer for the watchdog alone, after the bot's.
    strategy, db_url, user
        What it trades, where it keeps its trades, and as whom it runs.
    secrets
        The folder of ``bot.env``, ``watch.env`` and ``control.env``, which its administrator
        alone can read.
    name
        What the names of its units begin with: one a bot.
    """

    folder: Path
    commands: Path
    layers: tuple[str, ...]
    strategy: str
    db_url: str
    watch_layer: str = "user_data/config/watch.json"
    user: str = "plimsoll"
    secrets: Path = Path("/etc/plimsoll")
    name: str = "plimsoll"

    def __post_init__(self) -> None:
        """Refuse values that a unit could not hold or its service could not see."""
        texts = {
            "--folder": str(self.folder),
            "--commands": str(self.commands),
            "--strategy": self.strategy,
            "--db-url": self.db_url,
            "--user": self.user,
            "--secrets": str(self.secrets),
            "--name": self.name,
            "--watch-layer": self.watch_layer,
            **{f"--config {layer}": layer for layer in self.layers},
        }
        for option, text in texts.items():
            require_plain(option, text)
        if not self.layers:
            raise UsageError("expected the bot's config layers, each with -c, found none")
        for option, folder in (("--folder", self.folder), ("--commands", self.commands)):
            require_seen(option, folder)
        if "/" in self.name:
            raise UsageError(f"expected --name without a slash, found {self.name}")

    @property
    def bot_words(self) -> list[str]:
        """The options by which a command finds the bot: user folder, layers, database."""
        layers = [word for layer in self.layers for word in ("--config", layer)]
        return ["--userdir", "user_data", *layers, "--db-url", self.db_url]


def require_plain(option: str, text: str) -> None:
    """Raise `UsageError` for a word that systemd, nginx or a shell would read as something else."""
    if not _PLAIN.fullmatch(text):
        raise UsageError(
            f"expected {option} of letters, digits and . _ / : @ + = , - alone, found {text!r}"
        )


def require_seen(option: str, folder: Path) -> None:
    """Raise `UsageError` unless a confined service sees a folder."""
    if not folder.is_absolute():
        raise UsageError(f"expected {option} to be an absolute path, found {folder}")
    for hidden in HIDDEN:
        if folder.is_relative_to(hidden):
            raise UsageError(
                f"expected {option} outside of {hidden}, which a confined service does not see, "
                f"found {folder}; /srv is a good place"
            )
