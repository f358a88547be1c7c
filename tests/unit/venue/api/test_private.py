from plimsoll.venue.api.account import ACCOUNT
from plimsoll.venue.api.history import HISTORY
from plimsoll.venue.api.order_changes import ORDER_CHANGES
from plimsoll.venue.api.orders import ORDERS
from plimsoll.venue.api.private import PRIVATE
from plimsoll.venue.api.public import ENDPOINTS
from plimsoll.venue.api.settings import SETTINGS


def test_every_signed_endpoint_has_one_room() -> None:
    rooms = (ACCOUNT, SETTINGS, ORDERS, ORDER_CHANGES, HISTORY)
    assert len(PRIVATE) == sum(len(room) for room in rooms)
    assert not {path for method, path in PRIVATE if method == "GET"} & ENDPOINTS.keys()


def test_the_paths_are_those_of_the_exchange() -> None:
    assert all(path.startswith("/fapi/v") for _, path in PRIVATE)
    assert {method for method, _ in PRIVATE} == {"GET", "POST", "PUT", "DELETE"}
