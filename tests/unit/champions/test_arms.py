from datetime import UTC, datetime, timedelta

import pytest

from plimsoll.champions.arms import Arm, arm_of

CANDLE = datetime(2026, 11, 20, 12, tzinfo=UTC)
BTC, ETH = "BTC/USDT:USDT", "ETH/USDT:USDT"


def arms(pair: str, *, share: float, salt: str = "s", count: int = 4000) -> list[Arm]:
    hours = (CANDLE + timedelta(hours=n) for n in range(count))
    return [arm_of(pair, hour, share=share, salt=salt) for hour in hours]


@pytest.mark.parametrize("share", [0.05, 0.2, 0.5])
def test_the_challenger_gets_its_share(share: float) -> None:
    found = arms(BTC, share=share).count(Arm.CHALLENGER) / 4000
    assert found == pytest.approx(share, abs=4 * (share * (1 - share) / 4000) ** 0.5)


def test_the_split_is_the_same_in_every_process() -> None:
    # Written down once: a hash that changes with the process or the machine would differ.
    found = "".join(arm.value[4] for arm in arms(BTC, share=0.5, count=24))
    assert found == "plpppplppppplpplllplplll"


def test_pairs_and_salts_split_apart() -> None:
    one = arms(BTC, share=0.5)
    for other in (arms(ETH, share=0.5), arms(BTC, share=0.5, salt="t")):
        same = sum(a is b for a, b in zip(one, other, strict=True)) / 4000
        assert same == pytest.approx(0.5, abs=0.04)


def test_a_moment_is_one_candle_in_any_zone() -> None:
    naive = CANDLE.replace(tzinfo=None)
    for n in range(50):
        step = timedelta(hours=n)
        assert arm_of(BTC, naive + step, share=0.5, salt="s") is arm_of(
            BTC, CANDLE + step, share=0.5, salt="s"
        )


@pytest.mark.parametrize("share", [0.0, -1.0, float("nan"), 2.0])
def test_without_a_share_that_makes_sense_the_champion_decides(share: float) -> None:
    assert set(arms(BTC, share=share, count=100)) == {Arm.CHAMPION}
