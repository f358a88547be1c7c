"""The gates from sandbox to live: criteria, recorded evidence, and the verdict over it."""
