"""A watchdog beside the bot: its own process, its own keys, its own channel. It knows no Freqtrade."""
