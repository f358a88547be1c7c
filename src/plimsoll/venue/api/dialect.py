"""What makes an exchange's protocol of its own: how a request is read, answered and refused.

The server does what all share: outages, faults, counting, withheld answers, WebSocket upgrades.
"""

from collections.abc import Mapping
from typing import Protocol

import orjson
from aiohttp import web

from plimsoll.venue.api.stream import Hub
from plimsoll.venue.faults import Fault
from plimsoll.venue.keys import Request

JSON = "application/json"


class Dialect(Protocol):
    """One exchange's protocol over the shared market and account."""

    hub: Hub

    def speaks(self, path: str) -> bool:
        """Return whether requests of the path are this protocol's."""

    async def read(self, request: web.Request) -> Request:
        """Return what proves a request's sender, with its parameters."""

    def names(self, request: web.Request, sent: Request) -> tuple[tuple[str, str], ...]:
        """Return the methods and paths by which a fault may name the request."""

    def outage(self) -> web.Response:
        """Return the refusal of a request while the exchange is away."""

    def refused(self, fault: Fault) -> web.Response:
        """Return the refusal of a request that a fault hits."""

    def outcome(self, request: web.Request, sent: Request, now_ms: int) -> web.Response:
        """Carry the request out and return the answer, or the refusal."""


def json_response(
    answer: object, status: int = 200, extra: Mapping[str, str] | None = None
) -> web.Response:
    """Return an answer as JSON; bytes are JSON already."""
    body = answer if isinstance(answer, bytes) else orjson.dumps(answer)
    return web.Response(body=body, status=status, content_type=JSON, headers=extra)
