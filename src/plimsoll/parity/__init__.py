"""Why two records of the same strategy differ: matched trades, named causes, a bill that adds up.

Pure: trades in, bill out. Who reads results and databases is `plimsoll.lab.parity`.
"""

from plimsoll.parity.bill import Bill, CauseRow, Piece, bill_of
from plimsoll.parity.causes import CAUSES, Cause
from plimsoll.parity.errors import ParityError
from plimsoll.parity.record import Denied, Halted, Held, Kind, Record
from plimsoll.parity.trade import RecordedTrade, read_trades
from plimsoll.parity.verdict import Band, Verdict

__all__ = [
    "CAUSES",
    "Band",
    "Bill",
    "Cause",
    "CauseRow",
    "Denied",
    "Halted",
    "Held",
    "Kind",
    "ParityError",
    "Piece",
    "Record",
    "RecordedTrade",
    "Verdict",
    "bill_of",
    "read_trades",
]
