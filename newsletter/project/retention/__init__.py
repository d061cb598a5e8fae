"""What is kept for how long: the table of [retention] in newsletter.toml, and who forgets the rest.

How each thing is forgotten is known to the room that stores it.
"""
