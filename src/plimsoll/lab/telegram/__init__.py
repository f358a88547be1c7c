"""A Telegram Bot API on loopback that is as strict as the real one: what a message meets."""
