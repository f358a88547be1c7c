"""The kinds of recorded evidence, how old each may be, and the command that makes it anew."""

from enum import StrEnum


class Kind(StrEnum):
    """What a piece of evidence is."""

    WALK_FORWARD = "walk-forward"
    PATHS = "paths"
    RESULT = "result"
    TRIALS = "trials"
    COMPARISON = "comparison"
    DATA_CHECK = "data-check"
    PARITY = "parity"
    DRILL = "drill"
    PAPER = "paper"
    LIVE = "live"
    LOG = "log"
    AUDIT = "audit"
    ATTESTATION = "attestation"


DAYS = {
    Kind.WALK_FORWARD: 120,
    Kind.PATHS: 120,
    Kind.RESULT: 120,
    Kind.TRIALS: 3650,
    Kind.COMPARISON: 120,
    Kind.DATA_CHECK: 120,
    Kind.PARITY: 120,
    Kind.DRILL: 120,
    Kind.PAPER: 7,
    Kind.LIVE: 2,
    Kind.LOG: 7,
    Kind.AUDIT: 7,
    Kind.ATTESTATION: 7,
}
"""The most days between the making of evidence and a verdict that rests on it.

Research is good for the three months of paper that follow it, and a month to spare.
"""

COMMANDS = {
    Kind.WALK_FORWARD: "plimsoll walk-forward --strategy {strategy}",
    Kind.PATHS: "plimsoll walk-forward --strategy {strategy}",
    Kind.RESULT: "freqtrade backtesting --strategy {strategy}, over the tested days and on the "
    "same candles; then plimsoll gate file RESULT.zip",
    Kind.TRIALS: "plimsoll walk-forward --strategy {strategy}",
    Kind.COMPARISON: "plimsoll compare --candidate {strategy}",
    Kind.DATA_CHECK: "plimsoll data check --json > check.json; then plimsoll gate file check.json",
    Kind.PARITY: "plimsoll parity RESULT DATABASE --strategy {strategy} --json > parity.json; then "
    "plimsoll gate file parity.json",
    Kind.DRILL: "plimsoll drill --all; then plimsoll gate file "
    "out/drill/certificate/certificate.json",
    Kind.PAPER: "plimsoll gate paper --strategy {strategy}, with the paper bot's layers and "
    "--db-url",
    Kind.LIVE: "plimsoll gate scale --strategy {strategy}, with the live bot's layers and --db-url",
    Kind.LOG: "plimsoll log verify, with the bot's --userdir",
    Kind.AUDIT: "plimsoll audit --json > audit.json, with the bot's layers; then plimsoll gate "
    "file audit.json",
    Kind.ATTESTATION: 'plimsoll gate live --strategy {strategy} --attest "NAME: reason"',
}


def command_for(kind: Kind, strategy: str) -> str:
    """Return what to type to have this kind of evidence anew."""
    return COMMANDS[kind].format(strategy=strategy)
