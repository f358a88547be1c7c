"""Which plugins there are to load."""

from logging.config import BaseConfigurator
from pathlib import Path

import pytest

from plimsoll import bridge
from plimsoll.bridge.freqtrade.plugin_search import (
    RegisteringHandler,
    register,
    register_once,
)
from plimsoll.bridge.freqtrade.venue_clock import FollowVenueClock


def test_a_broken_plugin_of_the_user_does_not_stop_the_registration(tmp_path: Path) -> None:
    from freqtrade.constants import AVAILABLE_PAIRLISTS

    mine = tmp_path / "plugins" / "pairlists"
    mine.mkdir(parents=True)
    (mine / "Broken.py").write_text("class Broken(:\n", encoding="utf-8")
    (mine / "MadeForThisTest.py").write_text(
        "class MadeForThisTest(IPairList):\n    pass\n", encoding="utf-8"
    )
    try:
        register({"user_data_dir": tmp_path})
        assert "MadeForThisTest" in AVAILABLE_PAIRLISTS
        assert "QualityPairList" in AVAILABLE_PAIRLISTS
    finally:
        AVAILABLE_PAIRLISTS.remove("MadeForThisTest")


def test_a_process_reads_the_plugins_once_however_often_it_is_asked(tmp_path: Path) -> None:
    from freqtrade.constants import AVAILABLE_PAIRLISTS

    mine = tmp_path / "plugins" / "pairlists"
    mine.mkdir(parents=True)
    register_once(tmp_path)
    text = "class MadeLater(IPairList):\n    pass\n"
    (mine / "MadeLater.py").write_text(text, encoding="utf-8")
    register_once(tmp_path)
    assert "MadeLater" not in AVAILABLE_PAIRLISTS


# The log handler


@pytest.mark.parametrize(
    ("named", "handler"),
    [
        ("plimsoll.bridge.loading.RegisteringHandler", RegisteringHandler),
        ("plimsoll.bridge.clock.FollowVenueClock", FollowVenueClock),
    ],
)
def test_a_config_of_version_0_1_names_its_log_handlers_still(named: str, handler: type) -> None:
    assert BaseConfigurator({}).resolve(named) is handler


def test_no_other_former_module_is_known() -> None:
    assert not hasattr(bridge, "watch")
