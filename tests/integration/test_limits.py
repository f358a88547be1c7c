"""A reload against a real bot: a config that is refused, and one whose limits are looser."""

from pathlib import Path

import pytest

from tests.support.drill import Drill, DrillPlan, drill

PLAN = DrillPlan(risk={"max_leverage": 1.0})


@pytest.mark.freqtrade
def test_a_bad_reload_changes_nothing_and_a_looser_one_is_told(tmp_path: Path) -> None:
    with drill(tmp_path, PLAN) as bot:
        bot.wait_for_positions(2)
        _refused(bot, {"plimsoll": {"risk": {"max_daily_loss_fraction": 0.5}}}, "0.1, found 0.5")
        _refused(bot, {"plimsoll": {"risk": {"max_daily_los": 0.01}}}, "did you mean")
        whole = bot._config.read_text(encoding="utf-8")
        bot._config.write_text("{", encoding="utf-8")
        _refused(bot, None, "found a fault in line 1")
        bot._config.write_text(whole, encoding="utf-8")
        assert len(bot.decisions("start")) == 1
        assert len(bot.trades(is_open=True)) == 2
        _looser(bot)


def _refused(bot: Drill, overlay: dict | None, said: str) -> None:
    """Ask for a reload that is refused: the bot goes on, under the limits of before."""
    whole = bot._config.read_text(encoding="utf-8")
    if overlay is not None:
        bot.configure(overlay)
    answer = bot.rest.reload_config()
    assert "Reload refused" in answer["status"]
    assert said in answer["status"]
    if overlay is not None:
        bot._config.write_text(whole, encoding="utf-8")
    loops = bot._loops()
    bot.wait_until(lambda: bot._loops() > loops + 1, what="two loops more")
    assert bot.alive
    assert bot.rest.show_config()["state"] == "running"
    record = bot.decisions("error")[-1]
    assert (record["where"], said in record["message"]) == ("reload", True)


def _looser(bot: Drill) -> None:
    bot.configure({"plimsoll": {"risk": {"max_leverage": 2.0}}})
    bot.reload_config()
    bot.wait_until(lambda: len(bot.decisions("start")) == 2, what="the second start")
    bot.wait_until(lambda: bool(bot.decisions("limits")), what="the looser limit on record")
    record = bot.decisions("limits")[0]
    assert record["changes"] == {"max_leverage": {"before": 1, "after": 2, "in_force": True}}
    assert [one["profile"]["max_leverage"] for one in bot.decisions("start")] == [1, 2]
    bot.wait_until(lambda: bool(bot.telegram_messages("looser than before")), what="the message")
