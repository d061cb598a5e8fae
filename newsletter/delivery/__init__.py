"""Sends, the ledger, transports, what providers report back, and the report.

A send uses a frozen candidate and nothing else; no file of the site folder is read here.
"""
