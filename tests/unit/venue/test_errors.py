from plimsoll.core import PlimsollError
from plimsoll.venue.errors import ApiError


def test_a_refusal_carries_code_message_and_status() -> None:
    refusal = ApiError(-1121, "Invalid symbol.")
    assert (refusal.code, refusal.message, refusal.status) == (-1121, "Invalid symbol.", 400)
    assert isinstance(refusal, PlimsollError)
    assert str(refusal) == "Invalid symbol."
