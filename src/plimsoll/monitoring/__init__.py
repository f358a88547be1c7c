"""A watchdog beside the bot, with its own process, keys and channel. It knows no Freqtrade."""
