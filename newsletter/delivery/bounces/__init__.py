"""What comes back by mail: delivery reports, complaints, and what only looks like them. No provider is spoken to here."""
