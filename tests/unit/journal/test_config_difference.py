from pathlib import Path

from plimsoll.journal.config_difference import difference, flat_config
from plimsoll.journal.log import DecisionLog
from tests.unit.journal.decisions import START


def test_the_difference_names_what_changed_was_added_and_was_removed(tmp_path: Path) -> None:
    before = {"max_open_trades": 3, "plimsoll": {"risk": {"a": 1.0, "b": float("nan")}}}
    after = {"max_open_trades": 4, "plimsoll": {"risk": {"a": 1.0, "c": 2}}, "fee": 0.0007}
    with DecisionLog(tmp_path) as log:
        assert log.last("start") is None
        assert difference(log.last("start"), before) == {}
        log.append("start", START, config=flat_config(before))
        log.append("candle", START)
        start = log.last("start")
    assert difference(start, before) == {}
    assert difference(start, after) == {
        "fee": {"after": 0.0007},
        "max_open_trades": {"before": 3, "after": 4},
        "plimsoll.risk.b": {"before": "nan"},
        "plimsoll.risk.c": {"after": 2},
    }
