from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from newsletter.config import Config, load_config
from newsletter.errors import SettingsError
from newsletter.keys import KEY_FILE, load_key_ring

REPOSITORY = Path(__file__).parents[3]
KEY = "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE="
RING: dict[str, Any] = {"seal": {"1": KEY}, "lookup": KEY, "link": {"1": KEY, "2": KEY}, "retired_links": [1], "django": "x"}


@pytest.fixture
def config(tmp_path: Path) -> Config:
    """Give the repository's settings for a site folder without keys."""
    return load_config(REPOSITORY).model_copy(update={"home": tmp_path, "keys": None})


def set_to(config: Config, ring: object) -> Config:
    return config.model_copy(update={"keys": SecretStr(ring if isinstance(ring, str) else json.dumps(ring))})


def test_keys_are_made_once_and_only_their_owner_may_read_them(config: Config) -> None:
    ring = load_key_ring(config)
    file = config.path(KEY_FILE)
    assert file.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in file.parent.iterdir()] == ["keys.json"]
    assert load_key_ring(config) == ring
    assert {len(key) for key in (ring.lookup, *ring.seal.values(), *ring.link.values())} == {32}


def test_two_installations_have_different_keys(config: Config, tmp_path_factory: pytest.TempPathFactory) -> None:
    other = config.model_copy(update={"home": tmp_path_factory.mktemp("other")})
    assert load_key_ring(config).lookup != load_key_ring(other).lookup


def test_keys_that_others_could_read_are_refused(config: Config) -> None:
    load_key_ring(config)
    config.path(KEY_FILE).chmod(0o640)
    with pytest.raises(SettingsError, match="chmod 600"):
        load_key_ring(config)


def test_keys_of_the_environment_need_no_file(config: Config) -> None:
    ring = load_key_ring(set_to(config, RING))
    assert (ring.lookup, set(ring.link), ring.retired_links) == (b"A" * 32, {1, 2}, frozenset({1}))
    assert not config.path(KEY_FILE).exists()


def test_a_key_ring_shows_no_key(config: Config) -> None:
    assert repr(load_key_ring(set_to(config, RING))) == "KeyRing(retired_links=frozenset({1}))"


@pytest.mark.parametrize(
    "broken",
    [
        "no json",
        "[]",
        {},
        {**RING, "lookup": "QUFB"},
        {**RING, "seal": {}},
        {**RING, "link": {"0": KEY}},
        {**RING, "link": {"256": KEY}},
        {**RING, "seal": {"one": KEY}},
        {**RING, "seal": {"1": "!!"}},
    ],
)
def test_a_broken_key_ring_is_to_be_restored_and_never_made_anew(config: Config, broken: object) -> None:
    with pytest.raises(SettingsError, match="Restore it from your backup"):
        load_key_ring(set_to(config, broken))


def test_a_broken_key_file_is_left_as_it_is(config: Config) -> None:
    load_key_ring(config)
    config.path(KEY_FILE).write_text("{", "utf-8")
    with pytest.raises(SettingsError, match=r"keys\.json is not a key ring"):
        load_key_ring(config)
    assert config.path(KEY_FILE).read_text("utf-8") == "{"
