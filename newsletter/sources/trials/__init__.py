"""The trial registry: asking about trials by number, and searching it."""
