from __future__ import annotations

import pytest

from newsletter.sources.reach import EVERYWHERE, PUBLIC, Reach, is_public


@pytest.mark.parametrize(
    "address",
    [
        *("8.8.8.8", "1.1.1.1", "2606:4700::1111", "2001:4860:4860::8888"),
        *("::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::1"),
    ],
)
def test_addresses_of_the_internet_are_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "127.255.0.3", "0.0.0.0", "0.1.2.3", "10.0.0.1", "172.16.9.1", "192.168.1.1", "100.64.0.1"),  # noqa: S104
        *("169.254.169.254", "192.0.0.1", "192.0.2.1", "198.18.0.1", "198.51.100.1", "203.0.113.9", "192.88.99.1"),
        *("224.0.0.1", "239.1.2.3", "240.0.0.1", "255.255.255.255"),
    ],
)
def test_addresses_of_other_networks_are_not(address: str) -> None:
    assert not is_public(address)
    assert not is_public(f"::ffff:{address}")


@pytest.mark.parametrize(
    "address",
    [
        *("::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "fd12:3456::1", "fec0::1", "ff02::1", "ff0e::1", "100::1"),
        *("2001:db8::1", "2001::1", "2001:20::1", "3fff::1", "4000::1", "64:ff9b:1::1", "::127.0.0.1", "5f00::1"),
        *("64:ff9b::7f00:1", "64:ff9b::a00:1", "2002:7f00:1::", "2002:c0a8:101::1", "::ffff:169.254.169.254"),
    ],
)
def test_what_of_ipv6_is_not_the_internet_or_carries_such_an_address_is_not(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("nonsense", ["", "localhost", "127.1", "0x7f.1", "2130706433", "1.2.3.4.5"])
def test_what_is_no_address_is_not_public(nonsense: str) -> None:
    assert not is_public(nonsense)


@pytest.mark.parametrize("host", ["wiki.lan", "WIKI.lan", "wiki.lan.", "files.lan", "::1"])
def test_a_private_host_is_known_however_it_is_written(host: str) -> None:
    assert Reach.to(["Wiki.lan.", " files.lan:8080", "[::1]:8080"]).is_private_host(host, 8080)


def test_a_port_that_is_named_is_the_only_one() -> None:
    reach = Reach.to(["files.lan:8080", "::1"])
    assert not reach.is_private_host("files.lan", 80)
    assert reach.is_private_host("::1", 80)


def test_by_default_no_host_is_private() -> None:
    assert not PUBLIC.is_private_host("localhost", 80)
    assert not Reach.to(["lan"]).is_private_host("wiki.lan", 80)
    assert EVERYWHERE.is_private_host("localhost", 80)
