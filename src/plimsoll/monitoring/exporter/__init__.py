"""What Prometheus reads of one or many bots: each figure from its source, with the source's age."""
