"""What a user chooses to see backtested becomes studies."""

import shutil
from dataclasses import replace

import pytest

from plimsoll.core import UsageError
from plimsoll.lab.study import ALL, GUARDS_OFF, RULE, SPAN, STUDIES, TEN
from plimsoll.lab.study_choice import BASELINES, Choice, chosen_guardings, chosen_studies, span_of

BTC, ETH = "BTC/USDT:USDT", "ETH/USDT:USDT"


@pytest.fixture(scope="module")
def others(root, tmp_path_factory):
    """A folder with two strategies of others, one of them on candles of five minutes."""
    folder = tmp_path_factory.mktemp("mine")
    for name in ("EmaCrossRoi", "FuturesLongShort"):
        shutil.copy(root / "tests/foreign/strategies" / f"{name}.py", folder)
    return folder


def test_nothing_chosen_is_the_shipped_page() -> None:
    assert chosen_studies(Choice()) == STUDIES


def test_shipped_strategies_keep_what_they_need_on_the_chosen_pairs_and_span() -> None:
    choice = Choice((BTC, ETH), "20230101-20240101", ("BasisReversion", "SlowTrend", "TrendFollow"))
    basis, slow, follow = chosen_studies(choice)
    assert basis.kinds == ("spot",)
    assert [study.timeframe for study in (basis, slow, follow)] == ["1h", "4h", "1h"]
    assert {study.pairs for study in (basis, slow, follow)} == {(BTC, ETH)}
    assert {study.timerange for study in (basis, slow, follow)} == {"20230101-20240101"}
    assert (basis.name, slow.name) == ("2 pairs, 1h, with spot", "2 pairs, 4h")


def test_first_study_of_shipped_strategies_alone_runs_the_baselines() -> None:
    first, second = chosen_studies(Choice(strategies=("SlowTrend", "TrendFollow")))
    assert (first.baselines, second.baselines) == (BASELINES, ())
    assert first.name == STUDIES[1].name


def test_strategies_with_one_timeframe_and_the_same_needs_share_a_study() -> None:
    (study,) = chosen_studies(Choice(strategies=("MomentumCross", "SlowTrend")))
    assert study == replace(STUDIES[1], strategies=study.strategies, baselines=BASELINES)
    assert study.strategies == ("MomentumCross", "SlowTrend")


def test_folder_of_others_runs_all_its_strategies_on_their_own_candles(others) -> None:
    (study,) = chosen_studies(Choice(folders=(others,)))
    assert study.strategies == ("EmaCrossRoi", "FuturesLongShort")
    assert (study.timeframe, study.folder) == ("5m", others)
    assert (study.pairs, study.timerange) == (TEN, SPAN)
    assert study.name == f"10 pairs, 5m, strategies of {others.name}"


def test_chosen_timeframe_wins_over_the_strategies_own(others) -> None:
    choice = Choice(strategies=("EmaCrossRoi", "SlowTrend"), folders=(others,), timeframe="1h")
    foreign, shipped = chosen_studies(choice)
    assert (foreign.timeframe, foreign.folder) == ("1h", others)
    assert (shipped.timeframe, shipped.folder) == ("1h", None)
    assert (foreign.baselines, shipped.baselines) == ((), BASELINES)


def test_universe_is_by_rule_unless_all_pairs_are_wanted() -> None:
    assert {study.universe for study in STUDIES} == {RULE}
    made = chosen_studies(Choice(universe=ALL))
    assert [study.name for study in made][:2] == [
        "10 pairs, 1h, all of the time",
        "10 pairs, 4h, all of the time",
    ]
    assert {study.universe for study in made} == {ALL}
    assert [study.pairs for study in made] == [study.pairs for study in STUDIES]
    (own,) = chosen_studies(Choice((BTC, ETH), strategies=("TrendPortfolio",)))
    assert (own.pairs, own.universe) == ((BTC, ETH), RULE)


def test_baselines_alone_can_be_chosen() -> None:
    (study,) = chosen_studies(Choice(strategies=("BuyAndHold",)))
    assert (study.strategies, study.baselines) == ((), BASELINES)


@pytest.mark.parametrize(
    ("choice", "words"),
    [
        (Choice(strategies=("Nobody",)), "found Nobody"),
        (Choice(pairs=("BTC/USDT",)), "found 'BTC/USDT'"),
        (Choice(timeframe="1x"), "found '1x'"),
        (Choice(universe="some"), "all or rule; found some"),
        (Choice(timerange="20230101-"), "found 20230101-"),
        (Choice(timerange="20230230-20240101"), "found 20230230-20240101"),
        (Choice(timerange="20240101-20230101"), "two days such as"),
    ],
)
def test_what_there_is_not_is_wrong_usage(choice: Choice, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        chosen_studies(choice)


def test_folder_that_is_not_there_is_wrong_usage(tmp_path) -> None:
    with pytest.raises(UsageError, match="a folder of strategies at --strategy-path"):
        chosen_studies(Choice(folders=(tmp_path / "none",)))


def test_span_is_its_first_day_and_the_day_that_ends_it() -> None:
    first, end = span_of("20230101-20230301")
    assert (end - first).days == 59


def test_guards_are_off_on_or_both_under_the_layer_of_portfolios() -> None:
    off, on = chosen_guardings("both", None)
    assert off is GUARDS_OFF
    assert on.layers == ("risk-portfolio.json",)
    assert chosen_guardings("on", None) == (on,)
    with pytest.raises(UsageError, match="found maybe"):
        chosen_guardings("maybe", None)


def test_profile_is_a_file_a_shipped_layer_or_the_default(tmp_path) -> None:
    own = tmp_path / "mine.json"
    own.write_text("{}", encoding="utf-8")
    assert chosen_guardings("on", str(own))[0].layers == (str(own),)
    assert chosen_guardings("on", "risk-careful")[0].layers == ("risk-careful.json",)
    assert chosen_guardings("on", "default")[0].layers == ()
    with pytest.raises(UsageError, match=r"one of default, risk-careful\.json"):
        chosen_guardings("on", "risk-none")


def test_a_strategy_of_others_may_derive_from_one_that_ships(tmp_path) -> None:
    base = "from user_data.strategies.TrendFollow import TrendFollow"
    text = f"{base}\n\nclass Mine(TrendFollow):\n    timeframe = '1h'\n"
    (tmp_path / "Mine.py").write_text(text, encoding="utf-8")
    choice = Choice(strategies=("Mine",), folders=(tmp_path,), timeframe="1h")
    assert [one.strategies for one in chosen_studies(choice)] == [("Mine",)]
