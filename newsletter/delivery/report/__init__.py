"""The report of a send in full: what became of it, its pictures, its page, and its rows for a person who may see them.

Counts are made by the database. An address is opened only for mail that did not arrive, to count domains, and for a person of
[people] who may see addresses and whose look is in the audit log.
"""
