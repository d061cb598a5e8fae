"""The command line: parse, call one function, print, exit.

Exit codes: 0 done, 1 the work found problems, 2 wrong usage, 3 not allowed in this state.
"""

from __future__ import annotations

import gc
import sys

from newsletter.cli.commands import build_app
from newsletter.cli.django_setup import database_errors, lies_with_the_machine
from newsletter.errors import IssueError, NewsletterError

OBJECTS_BETWEEN_COLLECTIONS = 20_000
"""With Python's 700 it looks again and again through modules that stay anyway: 28 of 609 ms until a check is done (measured)."""


def main() -> None:
    """Run the command that the arguments name; a person's mistake ends in a sentence, never in a stack trace."""
    gc.set_threshold(OBJECTS_BETWEEN_COLLECTIONS)
    try:
        build_app(sys.argv[1:])()
    except IssueError as error:
        from newsletter.cli.printing import print_findings  # noqa: PLC0415 - rich is only needed where something is printed

        print_findings(error.findings)
        sys.exit(error.exit_code)
    except NewsletterError as error:
        print(error, file=sys.stderr)  # noqa: T201
        sys.exit(error.exit_code)
    except database_errors() as error:
        if not lies_with_the_machine(error):
            raise
        said = str(error).partition("\n")[0]
        print(  # noqa: T201
            f"The database cannot be used: {said}. Look at [database] url in newsletter.toml, whether the server runs, and "
            "whether the disk has room and lets you write.",
            file=sys.stderr,
        )
        sys.exit(1)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(1)
    except OSError as error:
        if error.filename is None:
            raise
        print(f"{error.filename} cannot be read or written: {error.strerror}.", file=sys.stderr)  # noqa: T201
        sys.exit(1)
