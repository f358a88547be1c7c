"""The account on the exchange: ledger, leverage brackets, matching."""
