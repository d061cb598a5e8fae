"""What a reader sees: Issue → Edition → bytes for one recipient.

Pure: reads the templates of the site folder, nothing else. No Django, no HTTP, no SMTP, no database. Author text never
passes through the MJML parser (docs/adr/0003).
"""
