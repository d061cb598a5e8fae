"""A registry for practice: a local server that speaks the registry's protocol for invented records."""
