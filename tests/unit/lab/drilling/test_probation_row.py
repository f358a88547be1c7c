"""Stakes on probation, held against what they were."""

import sqlite3
from contextlib import closing

import pytest

from plimsoll.core import PlimsollError
from plimsoll.lab.drilling.bot import DrilledBot
from plimsoll.lab.drilling.probation_row import _smaller, stakes
from plimsoll.lab.drilling.row import Cell, Row
from plimsoll.lab.drilling.scenario import BTC

WHOLE = {BTC: 1000.0}


def held(bot: DrilledBot, stake: float) -> None:
    bot.database.unlink(missing_ok=True)
    with closing(sqlite3.connect(bot.database)) as database, database:
        database.execute("CREATE TABLE trades (id, pair, amount, open_rate, stake_amount, is_open)")
        database.execute("INSERT INTO trades VALUES (1, ?, 0.01, 1e5, ?, 1)", (BTC, stake))


@pytest.mark.parametrize(("stake", "fits"), [(500.0, True), (470.0, True), (1000.0, False)])
def test_a_stake_is_the_profiles_share_of_what_it_was(
    bot: DrilledBot, stake: float, fits: bool
) -> None:
    held(bot, stake)
    row = Row(cell=Cell("probation", "none", "live"), rule="probation", limit=0.5)
    assert stakes(bot) == {BTC: stake}
    assert _smaller(bot, row, WHOLE, "now") == stake / 1000
    assert row.ok is fits


def test_no_position_is_no_proof(bot: DrilledBot) -> None:
    row = Row(cell=Cell("probation", "none", "live"), rule="probation", limit=0.5)
    with pytest.raises(PlimsollError, match="expected positions on probation"):
        _smaller(bot, row, WHOLE, "now")
