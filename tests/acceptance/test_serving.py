"""What a running `newsletter web` holds and leaves on the disk."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.acceptance.conftest import Site

DATABASE = "var/database/newsletter.sqlite3"


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="only Linux shows a process's open files")
def test_the_process_that_forks_holds_no_open_database(sent_site: Site) -> None:
    process = sent_site.start("web")
    try:
        sent_site.wait_for_pages()
        opened = [str(link.readlink()) for link in Path(f"/proc/{process.pid}/fd").iterdir()]
    finally:
        process.terminate()
        process.wait(30)
    assert opened
    assert not [name for name in opened if DATABASE in name]


def test_nobody_else_on_this_machine_reads_the_database(site: Site) -> None:
    (site.folder / "var").mkdir(mode=0o755)
    (site.folder / "var/database").mkdir(mode=0o755)
    site.run("subscribers", "stats")
    assert (site.folder / DATABASE).stat().st_mode & 0o077 == 0
