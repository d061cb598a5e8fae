"""A process that changes the key ring is killed at any moment: the ring is the one of before or the one of after, and whole."""

from __future__ import annotations

import os
import random
import signal
import time
from pathlib import Path

from newsletter.keys.changing import with_new_seal_key
from newsletter.keys.file import change_key_file, read_key_file
from newsletter.keys.ring import ring_to_json
from tests.readers import invented_ring


def test_killed_at_any_moment_it_leaves_a_whole_ring_that_lost_no_key(tmp_path: Path) -> None:
    file, chance = tmp_path / "keys.json", random.Random(3)  # noqa: S311 - nothing secret
    file.touch(0o600)
    file.write_text(ring_to_json(invented_ring()), "utf-8")
    before = read_key_file(file)
    for _ in range(12):
        child = os.fork()
        if child == 0:
            try:
                while max(change_key_file(file, with_new_seal_key).seal) < 250:
                    pass
            finally:
                os._exit(0)  # the test itself goes on in its parent only
        time.sleep(chance.uniform(0.0, 0.02))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        after = read_key_file(file)
        assert before.seal.items() <= after.seal.items()
        assert (after.lookup, after.link) == (before.lookup, before.link)
        assert file.stat().st_mode & 0o777 == 0o600
        before = after
    assert len(before.seal) > 1, "no kill came while it was at work"
    change_key_file(file, with_new_seal_key)
    assert [one.name for one in tmp_path.iterdir()] == ["keys.json"]
