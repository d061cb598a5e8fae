"""Asking the outside world: the trial registry and feeds. HTTP lives here; a database does not."""
