"""Who reads us, what they chose, what they may ask of us, and their pages.

Knows nothing of issues and sends. Addresses, names and topics are encrypted at rest and never logged.
"""
