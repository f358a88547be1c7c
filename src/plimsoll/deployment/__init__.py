"""What a machine needs to run bots unattended: units, a proxy, log rotation; as text."""
