"""What drills of the running bot need: a Telegram service, a harness, strategies."""
