from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.subscribers.web.networks import UNKNOWN, network_of


@pytest.mark.parametrize(
    ("remote", "network"),
    [
        ("203.0.113.7", "203.0.113.0/24"),
        ("2001:db8:1:2::7", "2001:db8:1::/48"),
        ("::ffff:203.0.113.7", "203.0.113.0/24"),
        ("fe80::1%eth0", "fe80::/48"),
        ("", UNKNOWN),
        ("unix:", UNKNOWN),
    ],
)
def test_a_network_is_what_one_household_or_provider_has(remote: str, network: str) -> None:
    assert network_of(remote, "", proxies=0) == network


def test_without_proxies_nobody_is_believed_about_where_they_came_from() -> None:
    assert network_of("203.0.113.7", "198.51.100.1", proxies=0) == "203.0.113.0/24"


@pytest.mark.parametrize(
    ("forwarded", "proxies", "network"),
    [
        ("198.51.100.1", 1, "198.51.100.0/24"),
        ("192.0.2.9, 198.51.100.1", 1, "198.51.100.0/24"),
        ("192.0.2.9, 198.51.100.1, 10.0.0.1", 2, "198.51.100.0/24"),
        ("198.51.100.1:4711", 1, "198.51.100.0/24"),
        ("[2001:db8:5::1]:443", 1, "2001:db8:5::/48"),
        ("198.51.100.1", 2, "203.0.113.0/24"),
        ("garbage", 1, "203.0.113.0/24"),
        ("", 1, "203.0.113.0/24"),
    ],
)
def test_behind_proxies_the_entry_counts_that_the_outermost_wrote(forwarded: str, proxies: int, network: str) -> None:
    assert network_of("203.0.113.7", forwarded, proxies=proxies) == network


@given(st.text(), st.integers(min_value=0, max_value=5))
def test_whatever_strangers_write_into_the_header_makes_a_network(forwarded: str, proxies: int) -> None:
    assert network_of("203.0.113.7", forwarded, proxies=proxies)


@given(st.text())
def test_what_a_stranger_adds_on_the_left_changes_nothing(added: str) -> None:
    assert network_of("10.0.0.1", f"{added},198.51.100.1", proxies=1) == "198.51.100.0/24"
