"""What an editor writes: ``issue.md`` (and its trial lock) → Issue.

Pure: reads files of the site folder, nothing else. No Django, no HTTP, no database, and no word about how an issue looks.
"""
