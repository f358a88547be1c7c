import pytest

from plimsoll.core import PlimsollError, UsageError


@pytest.mark.parametrize(("error", "status"), [(PlimsollError, 1), (UsageError, 2)])
def test_wrong_usage_ends_with_2_and_everything_else_with_1(
    error: type[PlimsollError], status: int
) -> None:
    assert error("what was expected").exit_status == status


def test_wrong_usage_is_one_of_our_errors() -> None:
    assert issubclass(UsageError, PlimsollError)
