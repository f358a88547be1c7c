import pytest

from plimsoll.core import PlimsollError
from plimsoll.performance.errors import MeasureError
from plimsoll.performance.measures import check_equity
from tests.unit.performance.frames import closes_frame


def test_what_cannot_be_measured_ends_a_command_in_one_line_with_status_1() -> None:
    with pytest.raises(PlimsollError) as refused:
        check_equity(closes_frame(1.0).iloc[:, 0])
    assert isinstance(refused.value, MeasureError)
    assert refused.value.exit_status == 1
    assert "\n" not in str(refused.value)
