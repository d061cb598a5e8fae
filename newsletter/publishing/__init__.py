"""Candidates, approvals, the calendar, the release gate, clippings and the web archive.

Yields due slots and releases candidates; it does not send.
"""
