"""Feeds: fetching them safely, and reading what they hold."""
