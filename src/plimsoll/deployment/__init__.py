"""What a machine needs to run bots unattended: units, a proxy, log rotation; text, no side effects."""
