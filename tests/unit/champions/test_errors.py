from plimsoll.champions.errors import SeatError
from plimsoll.core import PlimsollError


def test_what_a_seat_cannot_take_ends_a_command_in_one_line() -> None:
    assert issubclass(SeatError, PlimsollError)
    assert SeatError.exit_status == 1
