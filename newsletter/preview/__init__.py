"""What an editor sees while writing: a local page with every form an issue takes and the findings beside it.

No database and no reader's data in here; it reads the site folder as ``newsletter check --offline`` does, and asks nobody else.
"""
