"""The worst day and the worst month of an account."""

import pandas as pd
import pytest

from plimsoll.performance.worst import worst_day, worst_month


def equity(**values: float) -> "pd.Series[float]":
    """Daily values from those of some days, ``m01d31`` for 31 January 2024, kept until the next."""
    index = [
        pd.Timestamp(year=2024, month=int(at[1:3]), day=int(at[4:]), tz="UTC") for at in values
    ]
    return pd.Series(list(values.values()), index=pd.DatetimeIndex(index)).asfreq("D").ffill()


def test_a_value_at_midnight_ends_the_day_and_the_month_before_it() -> None:
    account = equity(m01d01=100.0, m01d02=90.0, m02d01=81.0, m02d02=81.0, m03d01=72.9)
    assert worst_day(account) == pytest.approx(-0.1)
    assert worst_month(account) == pytest.approx(-0.19), "January: 100 to 81"


def test_days_of_a_month_add_up_and_its_gains_count() -> None:
    account = equity(m01d01=100.0, m01d11=80.0, m02d01=100.0, m02d02=95.0, m03d01=95.0)
    assert worst_day(account) == pytest.approx(-0.2)
    assert worst_month(account) == pytest.approx(-0.05), "January came back, February did not"


def test_an_account_that_never_lost_has_no_worst_day() -> None:
    account = equity(m01d01=100.0, m01d02=101.0, m02d01=102.0)
    assert (worst_day(account), worst_month(account)) == (0.0, 0.0)
