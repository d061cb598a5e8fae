"""`newsletter doctor`: looks at settings, keys, database, clock, transport, DNS and the way readers come to us.

It sends nothing and changes nothing: no file, no table and no key is made here. Each check has an id and a section in
docs/doctor.md.
"""
