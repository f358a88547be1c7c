"""A drill's bot from outside: what it says when it ends, and when a question has no answer."""

import subprocess
import sys
from pathlib import Path

import pytest

from plimsoll.core import PlimsollError
from plimsoll.lab.drill_bot import ask, require_alive


def ended(folder: Path) -> subprocess.Popen[str]:
    child = subprocess.Popen([sys.executable, "-c", ""], text=True)
    child.wait(30)
    return child


@pytest.mark.parametrize(
    ("log", "said"),
    [
        (
            "2026 - freqtrade - ERROR - Impossible to load Strategy 'Mine'.\n2026 - bye\n",
            "Impossible to load Strategy 'Mine'.",
        ),
        (
            (
                "2026 - x - WARNING - Could not import /a/Mine.py due to 'no module named y'\n"
                "2026 - freqtrade - ERROR - Impossible to load Strategy 'Mine'.\n"
            ),
            "Impossible to load Strategy 'Mine'. Could not import /a/Mine.py due to 'no module",
        ),
        ("plimsoll: live trading needs plimsoll.live_opt_in\nbye\n", "needs plimsoll.live_opt_in"),
        ("2026 - freqtrade - ERROR - Configuration error: x is required\n", "x is required"),
        (
            (
                "2026 - freqtrade - ERROR - Fatal exception!\nTraceback (most recent call last):\n"
                "  File x\nImportError: Short strategies cannot run in spot markets.\nmarkets by\n"
            ),
            "ended: ImportError: Short strategies cannot run in spot markets. Its log",
        ),
        ("2026 - freqtrade - ERROR - Fatal exception!\n", "ended: Fatal exception! Its log"),
        ("only this\n", "only this"),
    ],
)
def test_a_bot_that_ended_says_why(tmp_path: Path, log: str, said: str) -> None:
    file = tmp_path / "bot.log"
    file.write_text(log, encoding="utf-8")
    with pytest.raises(PlimsollError, match="freqtrade trade ended") as refused:
        require_alive(ended(tmp_path), file)
    assert said in str(refused.value)
    assert str(file) in str(refused.value)


def test_a_bot_that_does_not_answer_is_none() -> None:
    def refuses() -> None:
        raise ConnectionError

    assert ask(refuses) is None
    assert ask(lambda: {"status": "pong"}) == {"status": "pong"}
