"""What is said of one strategy: where the guards stand, what is its own, what they assume."""

from pathlib import Path

import pytest

from plimsoll.bridge.wrapping.watch import HOOKED, HOOKED_OF_BOT
from plimsoll.lab.guard_page import Callback, GuardPage, guard_page
from plimsoll.lab.strategy_loading import load_strategy
from plimsoll.lab.user_folder import lay_out

HEAD = """
from freqtrade.strategy import IStrategy


class Mine({bases}IStrategy):
    timeframe = "5m"
    stoploss = -0.1

    def populate_indicators(self, dataframe, metadata):
        return dataframe

    def populate_entry_trend(self, dataframe, metadata):
        return dataframe

    def populate_exit_trend(self, dataframe, metadata):
        return dataframe
"""
METHOD = "\n    def {name}(self, *args, **kwargs):\n        return None\n"


@pytest.fixture
def userdir(tmp_path: Path) -> Path:
    folder = tmp_path / "user_data"
    lay_out(folder)
    return folder


def page(userdir: Path, *parts: str, head: str = "", bases: str = "", layer: str = "") -> GuardPage:
    text = head + HEAD.format(bases=bases) + "".join(parts)
    (userdir / "strategies/Mine.py").write_text(text, encoding="utf-8")
    files = [userdir / "config/base.json"]
    if layer:
        (userdir / "own.json").write_text(layer, encoding="utf-8")
        files.append(userdir / "own.json")
    return guard_page(load_strategy("Mine", userdir, files))


def of(told: GuardPage, name: str) -> Callback:
    [one] = [one for one in told.callbacks if one.name == name]
    return one


def test_every_hook_of_the_wrapper_has_a_row_with_what_it_does(userdir: Path) -> None:
    told = page(userdir)
    assert [one.name for one in told.callbacks if one.hook == one.name] == list(HOOKED)
    assert [one.name for one in told.of_bot] == list(HOOKED_OF_BOT)
    for one in (*told.callbacks, *told.of_bot):
        assert bool(one.does) is (one.hook is not None)


@pytest.mark.parametrize(
    ("name", "hook"),
    [
        ("custom_exit", "should_exit"),
        ("custom_stoploss", "should_exit"),
        ("custom_roi", "should_exit"),
        ("check_entry_timeout", "ft_check_timed_out"),
        ("check_exit_timeout", "ft_check_timed_out"),
        ("adjust_trade_position", "_adjust_trade_position_internal"),
        ("bot_start", "ft_bot_start"),
        ("leverage", "leverage"),
        ("confirm_trade_exit", "confirm_trade_exit"),
        ("custom_entry_price", None),
        ("adjust_entry_price", None),
        ("feature_engineering_standard", None),
        ("set_freqai_targets", None),
        ("informative_pairs", None),
        ("version", None),
    ],
)
def test_a_callback_of_its_own_is_named_where_freqtrade_asks_it(
    userdir: Path, name: str, hook: str | None
) -> None:
    assert name not in [one.name for one in page(userdir).callbacks if one.owner]
    one = of(page(userdir, METHOD.format(name=name)), name)
    assert (one.owner, one.hook) == ("Mine", hook)


def test_a_callback_of_a_mixin_is_named_with_its_class(userdir: Path) -> None:
    mixin = "class Mixin:" + METHOD.format(name="leverage") + "\n\n"
    told = page(userdir, head=mixin, bases="Mixin, ")
    assert of(told, "leverage").owner == "Mixin"
    assert of(told, "custom_stake_amount").owner is None


@pytest.mark.parametrize(
    ("name", "switch"),
    [
        ("custom_stoploss", "use_custom_stoploss"),
        ("adjust_trade_position", "position_adjustment_enable"),
        ("custom_exit", "use_exit_signal"),
    ],
)
def test_a_callback_that_an_attribute_keeps_from_being_asked_says_so(
    userdir: Path, name: str, switch: str
) -> None:
    method = METHOD.format(name=name)
    assert of(page(userdir, method, f"\n    {switch} = False\n"), name).unasked == switch
    assert of(page(userdir, method, f"\n    {switch} = True\n"), name).unasked == ""


def test_a_limit_that_cuts_nearly_every_entry_is_named_with_its_figures(userdir: Path) -> None:
    told = page(userdir)
    [cut] = told.cuts
    assert "at most 9.9% of equity" in cut
    assert "a stop of 10.0%" in cut
    assert any("0.1 of the stake" in line for line in told.assumed)
    assert page(userdir, "\n    stoploss = -0.02\n").cuts == ()


def test_the_settings_that_the_guards_rest_on_are_told(userdir: Path) -> None:
    told = dict(
        page(
            userdir,
            "\n    startup_candle_count = 200\n    position_adjustment_enable = True\n"
            "    max_entry_position_adjustment = 3\n    trailing_stop = True\n"
            "    trailing_stop_positive = 0.02\n    use_custom_stoploss = True\n"
            '    protections = [{"method": "CooldownPeriod"}]\n',
        ).facts
    )
    assert told["timeframe"] == "5m, 200 startup candles"
    assert told["stop"] == "stoploss -0.1, custom_stoploss, trailing 0.02"
    assert told["additions"] == "at most 3"
    assert told["positions"] == "4 at once"
    assert told["leverage"] == "1"
    assert told["protections"] == "CooldownPeriod, beside the guards"


def test_protections_that_raise_are_told_and_nothing_ends(userdir: Path) -> None:
    raising = "\n    @property\n    def protections(self):\n        return 1 / 0\n"
    assert "ZeroDivisionError" in dict(page(userdir, raising).facts)["protections"]


def test_it_says_why_no_guards_stand_around_it(userdir: Path) -> None:
    assert page(userdir).why_not is None
    off = page(userdir, layer='{"plimsoll": {"guards": "off"}}')
    assert off.why_not == "plimsoll.guards is off"
    handler = '{"log_config": {"handlers": {"plimsoll": {"class": "logging.NullHandler"}}}}'
    assert page(userdir, layer=handler).why_not == "no layer names our log handler"
    own = METHOD.format(name="__getattribute__").replace(
        "return None", "return object.__getattribute__(self, *args)"
    )
    assert "__getattribute__" in str(page(userdir, own).why_not)


def test_observing_is_no_reason_to_be_unguarded(userdir: Path) -> None:
    told = page(userdir, layer='{"plimsoll": {"guards": "observe"}}')
    assert (told.guards, told.why_not) == ("observe", None)


@pytest.mark.parametrize("name", ["TrendFollow", "TrendPortfolio", "ModelDirection", "BuyAndHold"])
def test_the_shipped_strategies_are_explained(userdir: Path, name: str) -> None:
    told = guard_page(load_strategy(name, userdir, [userdir / "config/base.json"]))
    assert told.why_not is None
    assert any("that it declares" in line for line in told.assumed)
