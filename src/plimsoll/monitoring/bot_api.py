"""The bot's REST API as a watchdog uses it: short questions, and three requests."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import httpx

from plimsoll.core import PlimsollError, Side
from plimsoll.monitoring.sight import Answer, BookedTrade, BotSight

REST_SECONDS = 5.0
"""A bot that is well answers at once; one on a busy machine takes its time."""
STATUSES = {
    401: Answer.DENIED,
    403: Answer.DENIED,
    502: Answer.CUT,
    503: Answer.CUT,
    504: Answer.CUT,
}
"""What other answers of HTTP mean; 502 to 504 come from a proxy before a bot that is gone."""
BAD_CERTIFICATE = "CERTIFICATE_VERIFY_FAILED"
EXIT_SECONDS = 30.0
"""A forced exit answers when its orders are placed."""


class BotApi:
    """A bot's REST API, by its own user and password. Nothing of the bot's machine is needed."""

    def __init__(self, url: str, username: str, password: str) -> None:
        auth = (username, password) if username or password else None
        # A connection kept is closed by the bot after some seconds, maybe under a question.
        self._client = httpx.Client(
            base_url=f"{url.rstrip('/')}/api/v1",
            auth=auth,
            timeout=REST_SECONDS,
            trust_env=False,
            headers={"Connection": "close"},
        )

    def close(self) -> None:
        """Let go of the connection."""
        self._client.close()

    def look(self, traced_at: datetime | None = None) -> BotSight:
        """Return the bot as it answers; a question that fails says how, and is never raised."""
        try:
            health = self._get("health")
            config = self._get("show_config")
            trades = self._get("status")
            candle_at = self._newest_candle(config)
            looped_at = _looped_at(health)
        except httpx.ConnectError as error:
            # A proxy whose certificate has expired says nothing of the bot behind it.
            answer = Answer.FAULTY if BAD_CERTIFICATE in str(error) else Answer.REFUSED
            return _unanswered(answer, error, traced_at)
        except httpx.TimeoutException as error:
            return _unanswered(Answer.TIMEOUT, error, traced_at)
        except httpx.HTTPStatusError as error:
            answer = STATUSES.get(error.response.status_code, Answer.FAULTY)
            return _unanswered(answer, error, traced_at)
        except httpx.TransportError as error:
            return _unanswered(Answer.CUT, error, traced_at)
        except (httpx.HTTPError, ValueError, KeyError, TypeError, AttributeError) as error:
            return _unanswered(Answer.FAULTY, error, traced_at)
        return BotSight(
            answer=Answer.YES,
            state=str(config.get("state", "")).lower() or None,
            looped_at=looped_at,
            traced_at=traced_at,
            candle_at=candle_at,
            timeframe_seconds=60.0 * float(config.get("timeframe_min") or 0) or None,
            trades=_trades(trades),
        )

    def _newest_candle(self, config: Mapping[str, Any]) -> datetime | None:
        """Return the opening of the bot's newest analysed candle, of any of its pairs."""
        pairs = self._get("whitelist").get("whitelist") or ()
        for pair in list(pairs)[:3]:
            asked = {"pair": pair, "timeframe": config["timeframe"], "limit": "1"}
            try:
                stop = self._get("pair_candles", asked).get("data_stop_ts")
            except httpx.HTTPStatusError:
                continue  # Freqtrade answers so for a pair that it has not analysed yet
            if stop:
                return datetime.fromtimestamp(float(stop) / 1000.0, UTC)
        return None

    def _get(self, path: str, parameters: Mapping[str, str] | None = None) -> Any:
        answer = self._client.get(f"/{path}", params=parameters)
        answer.raise_for_status()
        return answer.json()

    def pause(self) -> str:
        """Let the bot open nothing.

        Raises
        ------
        PlimsollError
            When it does not answer well.
        """
        return self._post("stopentry", None, REST_SECONDS)

    def force_exit(self, trade: str) -> str:
        """Let the bot close a trade, or ``all``, at market.

        Raises
        ------
        PlimsollError
            When it does not answer well.
        """
        return self._post("forceexit", {"tradeid": trade, "ordertype": "market"}, EXIT_SECONDS)

    def _post(self, path: str, body: Mapping[str, str] | None, seconds: float) -> str:
        try:
            answer = self._client.post(f"/{path}", json=body, timeout=seconds)
            answer.raise_for_status()
            told = answer.json()
        except (httpx.HTTPError, ValueError) as error:
            raise PlimsollError(_said(error)) from None
        return str(next(iter(told.values()), "")) if isinstance(told, dict) else str(told)


def not_asked(traced_at: datetime | None) -> BotSight:
    """Return the sight of a bot whose API is off."""
    return BotSight(answer=Answer.NOT_ASKED, traced_at=traced_at)


def _unanswered(answer: Answer, error: Exception, traced_at: datetime | None) -> BotSight:
    return BotSight(answer=answer, said=_said(error), traced_at=traced_at)


def _looped_at(health: Mapping[str, Any]) -> datetime | None:
    """Return the end of the last loop; its time stamp alone is cut to whole seconds."""
    if (text := health.get("last_process")) is not None:
        at = datetime.fromisoformat(str(text))
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    stamp = health.get("last_process_ts")
    return None if stamp is None else datetime.fromtimestamp(float(stamp), UTC)


def _said(error: Exception) -> str:
    if isinstance(error, httpx.HTTPStatusError):
        return f"HTTP {error.response.status_code}"
    return (str(error) or type(error).__name__).splitlines()[0]


def _trades(rows: Any) -> tuple[BookedTrade, ...]:
    return tuple(
        BookedTrade(
            id=int(row["trade_id"]),
            pair=str(row["pair"]),
            side=Side.SHORT if row["is_short"] else Side.LONG,
            amount=float(row["amount"]),
        )
        for row in rows
    )
