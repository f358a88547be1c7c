"""Which studies there are, and who runs in them."""

import pytest

from plimsoll.lab.study import GUARDS_OFF, GUARDS_ON, STUDIES, Study, strategies_of

BTC = "BTC/USDT:USDT"


@pytest.fixture
def study() -> Study:
    return Study("one pair", "1h", (BTC,), "20240101-20240201", ("One", "Other"), ("BuyAndHold",))


def test_baselines_run_without_guards_only(study: Study) -> None:
    assert strategies_of(study, GUARDS_OFF) == ("One", "Other", "BuyAndHold")
    assert strategies_of(study, GUARDS_ON) == ("One", "Other")


def test_every_shipped_strategy_but_the_model_is_in_exactly_one_study(root) -> None:
    run = [name for study in STUDIES for name in (*study.strategies, *study.baselines)]
    shipped = {file.stem for file in (root / "user_data" / "strategies").glob("*.py")}
    assert sorted(run) == sorted(shipped - {"ModelDirection"})
