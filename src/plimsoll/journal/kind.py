"""What a bot decides and writes down."""

from enum import StrEnum


class Kind(StrEnum):
    """The kinds of record in a decision log; ``docs/decision-log.md`` lists their fields."""

    START = "start"
    CANDLE = "candle"
    SIGNAL = "signal"
    DENIAL = "denial"
    ORDER = "order"
    FILL = "fill"
    EXIT = "exit"
    VERDICT = "verdict"
    HALT = "halt"
    REARM = "rearm"
    LIMITS = "limits"
    TARGETS = "targets"
    ERROR = "error"
    RECOVERY = "recovery"
    BREAK = "break"
    STAMP = "stamp"
    MODEL = "model"
    REVIEW = "review"
    COMMAND = "command"
