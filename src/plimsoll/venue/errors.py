"""What the exchange refuses, in Binance's shape."""

from plimsoll.core.errors import PlimsollError


class ApiError(PlimsollError):
    """A refusal in Binance's shape: HTTP status, code and message."""

    def __init__(self, code: int, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status
