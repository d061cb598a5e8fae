"""Lists of readers as files: taking in those of other systems, and giving ours out. No page and no mail is made in here."""
