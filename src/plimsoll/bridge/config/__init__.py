"""What a config says to the bot: settings, their schema, the code they ran with."""
