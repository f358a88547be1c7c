"""Each contract of a feature catches the defect that it is there for, and passes clean ones."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pandas as pd
import pytest

from plimsoll import features
from plimsoll.checks import Finding, check_feature
from plimsoll.checks import features as contracts
from plimsoll.checks.market_frame import market_frame
from plimsoll.features import Candles, Family, Feature, FeatureUse, Floats, Unit
from plimsoll.features.kernels import rolling_mean

PERIOD = 7


@pytest.fixture(autouse=True)
def _forget() -> Iterator[None]:
    with features.registering():
        yield


def moves(candles: Candles, over: int) -> Floats:
    """Close over the close ``over`` candles before, less 1."""
    close = candles["close"]
    out = np.full(len(close), np.nan)
    out[over:] = close[over:] / close[: len(close) - over] - 1
    return out


def change(formula: Callable[..., Floats] = moves, **others: Any) -> FeatureUse:
    """A feature that keeps every contract, or one whose formula or declaration is another."""

    def change_of_close(candles: Candles, *, period: int) -> Floats:
        """Change of the close over the window, as a fraction."""
        return formula(candles, period)

    return declared(**others)(change_of_close).use_with_defaults()


def declared(**others: Any) -> Callable[[Callable[..., Floats]], Feature]:
    usual = {
        "family": Family.TREND,
        "unit": Unit.FRACTION,
        "source": "Nobody (2024), A Book of Made-up Features",
        "lookback_candles": lambda period: period,
        "defaults": {"period": PERIOD},
    }
    return features.feature(**{**usual, **others})


def as_is(compute: Callable[[FeatureUse, pd.DataFrame], pd.Series]) -> FeatureUse:
    """A use that answers by itself, without what the registry does for every formula."""

    class OfItsOwn(FeatureUse):
        def __call__(self, candles: pd.DataFrame | Candles) -> pd.Series:
            frame = candles._frame if isinstance(candles, Candles) else candles
            return compute(clean, frame).rename(self.column)

    clean = change()
    return OfItsOwn(clean.feature, clean.parameters)


def writing_to_a_frame() -> FeatureUse:
    """A use that writes when it is given a frame, and not when it is given `Candles`."""

    class Writing(FeatureUse):
        def __call__(self, candles: pd.DataFrame | Candles) -> pd.Series:
            column = clean(candles).rename(self.column)
            if isinstance(candles, pd.DataFrame):
                candles.isetitem(list(candles.columns).index("close"), candles["close"] * 1.5)
            return column

    clean = change()
    return Writing(clean.feature, clean.parameters)


def renamed_when_short() -> FeatureUse:
    """A use whose column has another name where candles are few."""

    class Renamed(FeatureUse):
        def __call__(self, candles: pd.DataFrame | Candles) -> pd.Series:
            return clean(candles).rename("short" if len(candles) < 10 else self.column)

    clean = change()
    return Renamed(clean.feature, clean.parameters)


def ahead(candles: Candles, period: int) -> Floats:
    out = np.roll(moves(candles, period), -1)
    out[-1:] = out[-2:-1]
    return out


def ahead_in_another_column(candles: Candles, period: int) -> Floats:
    """Of the next row's volume, which its inputs do not name."""
    volume = candles["volume"]
    return moves(candles, period) + np.append(volume[1:], volume[-1:]) * 1e-3


def standardised(candles: Candles, period: int) -> Floats:
    values = moves(candles, period)
    return (values - np.nanmean(values)) / np.nanstd(values)


def slower(candles: Candles, period: int) -> Floats:
    """Of more candles than the lookback says, with a start that hides it."""
    average = rolling_mean(candles["close"], 3 * period)
    return moves(candles, period) + np.nan_to_num(average / candles["close"], nan=1.0)


def writing(candles: Candles, period: int) -> Floats:
    candles["close"][-1:] *= 1.0001
    return moves(candles, period)


def writing_to_the_frame(use: FeatureUse, frame: pd.DataFrame) -> pd.Series:
    column = use(frame)
    if len(frame):
        frame.isetitem(list(frame.columns).index("close"), frame["close"] * 1.5)
    return column


def without_the_least(candles: Candles, period: int) -> Floats:
    return np.full(len(candles), 2.0) if period == 1 else moves(candles, period)


def no_name(use: FeatureUse, frame: pd.DataFrame) -> pd.Series:
    return use(frame.assign(close=frame.get("close", 1.0)))


def forgetful(use: FeatureUse, frame: pd.DataFrame) -> pd.Series:
    """As if an infinite price were a very high one."""
    return use(frame.replace({"close": np.inf}, 1e9))


def with_nothing(use: FeatureUse, frame: pd.DataFrame) -> pd.Series:
    """As if a price of 0 were one."""
    return use(frame.assign(close=frame["close"].where(frame["close"] != 0, 1e-6)))


def never_again(use: FeatureUse, frame: pd.DataFrame) -> pd.Series:
    """NaN for good once the dates have a hole."""
    gap = pd.to_datetime(frame["date"]).diff() > pd.Timedelta("5min")
    return use(frame).where(~gap.cummax())


def infinite(use: FeatureUse, frame: pd.DataFrame) -> pd.Series:
    column = use(frame)
    return column.where(column != 0, np.inf)


def of_undocumented(text: str) -> FeatureUse:
    def quiet(candles: Candles, *, period: int) -> Floats:
        return moves(candles, period)

    quiet.__doc__ = text
    return declared()(quiet).use_with_defaults()


def with_an_unnamed_parameter() -> FeatureUse:
    def spare(candles: Candles, **named: int) -> Floats:
        """Change of the close over the window, as a fraction."""
        return moves(candles, named["period"])

    return declared()(spare).use_with_defaults()


def filled(use: FeatureUse, frame: pd.DataFrame) -> pd.Series:
    return use(frame).fillna(0.0)


DEFECTS: dict[str, tuple[Callable[[], FeatureUse], Callable[..., str | None]]] = {
    "a source of one word": (
        lambda: change(source="me"),
        contracts.it_declares_what_a_reader_needs,
    ),
    "no sentence in its docstring": (
        lambda: of_undocumented("Change"),
        contracts.it_declares_what_a_reader_needs,
    ),
    "a rule for NaN of one word": (
        lambda: change(nan_rule="never"),
        contracts.it_declares_what_a_reader_needs,
    ),
    "a parameter that the formula does not name": (
        with_an_unnamed_parameter,
        contracts.it_declares_what_a_reader_needs,
    ),
    "no inputs": (lambda: change(inputs=()), contracts.it_declares_what_a_reader_needs),
    "a column made up where it is missing": (
        lambda: as_is(no_name),
        contracts.a_missing_column_is_named,
    ),
    "one row ahead": (lambda: change(ahead), contracts.the_future_changes_nothing),
    "one row ahead in a column that it does not name": (
        lambda: change(ahead_in_another_column),
        contracts.the_future_changes_nothing,
    ),
    "another name where candles are few": (
        renamed_when_short,
        contracts.short_frames_are_nan_while_they_warm_up,
    ),
    "the frame written to by a use of the frame itself": (
        writing_to_a_frame,
        contracts.input_is_untouched_and_the_column_fits_it,
    ),
    "statistics of the whole column": (
        lambda: change(standardised),
        contracts.the_future_changes_nothing,
    ),
    "more candles than its lookback": (
        lambda: change(slower),
        contracts.the_declared_past_is_enough,
    ),
    "too short a lookback": (
        lambda: change(lookback_candles=lambda period: period - 2),
        contracts.warm_up_is_nan_and_what_follows_is_not,
    ),
    "zero while it warms up": (
        lambda: as_is(filled),
        contracts.warm_up_is_nan_and_what_follows_is_not,
    ),
    "one value for a frame without candles": (
        lambda: as_is(lambda use, frame: use(frame) if len(frame) else pd.Series([1.0])),
        contracts.short_frames_are_nan_while_they_warm_up,
    ),
    "nothing after a hole in the dates": (
        lambda: as_is(never_again),
        contracts.a_hole_in_the_dates_stays_local,
    ),
    "infinity taken for a price": (
        lambda: as_is(forgetful),
        contracts.a_missing_value_is_nan_for_the_lookback_and_no_longer,
    ),
    "zero taken for a price": (
        lambda: as_is(with_nothing),
        contracts.a_price_of_nothing_is_a_missing_value,
    ),
    "zero where there is no value": (
        lambda: as_is(filled),
        contracts.a_column_without_any_value_gives_nan,
    ),
    "the same in every row": (
        lambda: change(lambda candles, period: np.full(len(candles), 3.0)),
        contracts.it_says_something,
    ),
    "nothing at its least parameter": (
        lambda: change(without_the_least),
        contracts.the_least_parameters_give_a_column,
    ),
    "an array of the candles written to": (
        lambda: change(writing),
        contracts.input_is_untouched_and_the_column_fits_it,
    ),
    "the frame written to": (
        lambda: as_is(writing_to_the_frame),
        contracts.input_is_untouched_and_the_column_fits_it,
    ),
    "an index of its own": (
        lambda: as_is(lambda use, frame: use(frame).reset_index(drop=True)),
        contracts.input_is_untouched_and_the_column_fits_it,
    ),
    "a price that is a fraction": (
        lambda: change(unit=Unit.PRICE),
        contracts.prices_ten_times_as_high_change_it_as_the_unit_says,
    ),
    "a fraction that is a price": (
        lambda: change(lambda candles, period: moves(candles, period) * candles["close"]),
        contracts.prices_ten_times_as_high_change_it_as_the_unit_says,
    ),
    "coins that are a fraction": (
        lambda: change(unit=Unit.COINS),
        contracts.amounts_ten_times_as_large_change_it_as_the_unit_says,
    ),
    "beyond its bounds": (
        lambda: change(lambda candles, period: moves(candles, period) * 1e4, unit=Unit.SIGNED),
        contracts.bounded_units_stay_in_their_bounds,
    ),
    "a flag of many values": (
        lambda: change(unit=Unit.FLAG),
        contracts.bounded_units_stay_in_their_bounds,
    ),
    "infinite where nothing moves": (
        lambda: as_is(infinite),
        contracts.a_market_that_stands_still_gives_no_infinity,
    ),
}


def test_every_contract_has_a_defect_that_breaks_it() -> None:
    assert {contract for _, contract in DEFECTS.values()} == set(contracts.CONTRACTS)


@pytest.mark.parametrize("defect", DEFECTS)
def test_a_planted_defect_is_caught(defect: str) -> None:
    make, contract = DEFECTS[defect]
    text = contract(contracts.trial_of(make()))
    assert text is not None
    assert "expected " in text
    assert "\n" not in text


def test_a_clean_feature_keeps_every_contract() -> None:
    assert check_feature(change()) == []


@pytest.mark.parametrize("name", ["rsi", "atr", "funding_clock", "point_of_control_distance"])
def test_a_shipped_feature_keeps_every_contract(name: str) -> None:
    assert check_feature(features.get(name).use_with_defaults()) == []


@pytest.mark.parametrize("defect", ["more candles than its lookback", "too short a lookback"])
def test_too_short_a_lookback_is_to_be_declared_longer(defect: str) -> None:
    make, contract = DEFECTS[defect]
    text = contract(contracts.trial_of(make()))
    assert text is not None
    assert text.endswith("; declare a longer lookback")


def test_the_findings_name_the_feature_the_contract_and_the_row() -> None:
    findings = check_feature(change(ahead))
    [early] = [one for one in findings if one.contract == "the future changes nothing"]
    assert early.subject == "feature change_of_close_7"
    assert early.text.startswith("with what follows row 7 changed, expected row ")
    assert str(early) == f"{early.subject}: {early.contract}: {early.text}"


def test_a_formula_that_raises_is_a_finding() -> None:
    def refusing(candles: Candles, period: int) -> Floats:
        raise ZeroDivisionError("no move")

    [finding] = check_feature(change(refusing))
    assert finding == Finding(
        "feature change_of_close_7",
        "it computes a column",
        "expected a column; found ZeroDivisionError: no move",
    )


def test_a_formula_that_raises_on_some_candles_is_a_finding_of_their_contract() -> None:
    def choosy(candles: Candles, period: int) -> Floats:
        if len(candles) and not np.ptp(candles["close"]) > 0:
            raise ZeroDivisionError("no move")
        return moves(candles, period)

    assert "expected an answer; found ZeroDivisionError: no move" in [
        finding.text for finding in check_feature(change(choosy))
    ]


def test_a_column_of_nan_alone_is_a_finding() -> None:
    [finding] = check_feature(change(lambda candles, period: np.full(len(candles), np.nan)))
    assert "found NaN alone" in finding.text


def test_a_column_of_its_own_needs_a_frame_that_holds_it() -> None:
    use = change(lambda candles, period: candles["sentiment"] / 2, inputs=("sentiment",))
    [finding] = check_feature(use)
    assert "sentiment" in finding.text
    frame = market_frame(2600).assign(sentiment=np.random.default_rng(1).normal(size=2600))
    assert check_feature(use, frame) == []


def test_a_lookback_longer_than_usual_gets_a_longer_frame() -> None:
    assert check_feature(change(defaults={"period": 4000})) == []
