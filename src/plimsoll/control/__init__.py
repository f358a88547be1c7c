"""A person at the bot: its status, a halt and its end, read and written from outside."""
