"""The error of records that cannot be compared."""

from plimsoll.core import PlimsollError, UsageError
from plimsoll.parity import ParityError


def test_it_is_the_user_s_to_mend_and_not_wrong_usage():
    assert issubclass(ParityError, PlimsollError)
    assert not issubclass(ParityError, UsageError)
