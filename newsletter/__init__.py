"""Mets Matters: from an editor's Markdown to every reader's inbox.

The rooms, from the top of the house to the ground; imports point down only:
``cli → project → delivery → publishing → subscribers → sources → checking → rendering → authoring``,
and under them ``findings``, ``config``, ``errors``.
"""

__version__ = "0.1.0"
