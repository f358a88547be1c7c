"""Search: Freqtrade's hyperopt over the fast lane, resumable and shared."""
