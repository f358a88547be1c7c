"""The guards at work: a session, its supervisor, the question about an entry, exits."""
