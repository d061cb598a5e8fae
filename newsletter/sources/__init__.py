"""Asking the outside world: the trial registry, feeds, links. HTTP lives here; a database does not.

``fetch`` and ``connections`` bound what a stranger may cost and where a stranger may lead us; each subject has a folder.
"""
