"""What a bot costs on PostgreSQL beside SQLite."""
