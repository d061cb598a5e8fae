"""Backups of the database, and how one comes back without mailing anybody (docs/adr/0015). The key ring is never in one."""
