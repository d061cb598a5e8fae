"""Service mails waiting to go: one mail to one person because of something they or we did.

They are written in the caller's transaction and stored encrypted; ``delivery`` empties the postbox. No newsletter in here.
"""
