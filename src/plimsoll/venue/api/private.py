"""All signed endpoints by method and path."""

from plimsoll.venue.api.account import ACCOUNT
from plimsoll.venue.api.history import HISTORY
from plimsoll.venue.api.order_changes import ORDER_CHANGES
from plimsoll.venue.api.orders import ORDERS, Private
from plimsoll.venue.api.settings import SETTINGS

PRIVATE: dict[tuple[str, str], Private] = {
    **ACCOUNT,
    **SETTINGS,
    **ORDERS,
    **ORDER_CHANGES,
    **HISTORY,
}
