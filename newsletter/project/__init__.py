"""The Django project: settings, addresses, middleware. Mounts the rooms' own views and has none of its own."""
