"""The candle archive: read, append, check and backfill Freqtrade's own files."""
