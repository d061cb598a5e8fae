"""What stands between a draft and a send: Edition → findings; what the registry said → a verdict.

Pure: whatever has to be asked outside is passed in as an answer. No Django, no HTTP, no database.
"""
