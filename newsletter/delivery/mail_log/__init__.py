"""What a mail server wrote down about our mails: its log, read as files. Nothing here touches the database."""
