"""Which addresses are connected to, and which never."""

from ipaddress import IPv4Address, IPv6Address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from requests_portal.domain.addresses import Fault, UnusableAddress, is_public, web_address


def test_a_proper_address_is_taken_apart() -> None:
    one = web_address("https://Intake.Example.com/gdpr/in?token=abc#part")
    assert (one.host, one.port, one.path) == ("intake.example.com", 443, "/gdpr/in?token=abc")


def test_letters_beyond_ascii_are_written_as_the_wire_needs_them() -> None:
    one = web_address("https://łódź.example/wgraj/ż?q=ó")
    assert one.host == "xn--d-uga0v4h.example"
    assert one.path == "/wgraj/%C5%BC?q=%C3%B3"
    assert web_address("https://a.example").path == "/"


@pytest.mark.parametrize(
    ("url", "fault"),
    [
        ("http://a.example/", Fault.NOT_HTTPS),
        ("ftp://a.example/", Fault.NOT_HTTPS),
        ("a.example", Fault.NOT_HTTPS),
        ("", Fault.NOT_HTTPS),
        ("https://", Fault.MALFORMED),
        ("https://user:secret@a.example/", Fault.HAS_PASSWORD),
        ("https://a.example@b.example/", Fault.HAS_PASSWORD),
        ("https://127.0.0.1/", Fault.NO_NAME),
        ("https://2130706433/", Fault.NO_NAME),
        ("https://0x7f.1/", Fault.NO_NAME),
        ("https://[::1]/", Fault.NO_NAME),
        ("https://localhost/", Fault.NO_NAME),
        ("https://postgres/", Fault.NO_NAME),
        ("https://a.example:8443/", Fault.OTHER_PORT),
        ("https://a.example:99999/", Fault.MALFORMED),
        ("https://a.example:x/", Fault.MALFORMED),
        ("https://[::1/", Fault.MALFORMED),
        ("https://a_b.example/", Fault.MALFORMED),
        ("https://a..example/", Fault.MALFORMED),
        ("https://a.example/in\r\nHost: b", Fault.MALFORMED),
        ("https://a.example\\@b.example/", Fault.MALFORMED),
        ("https://a.example/" + "x" * 2000, Fault.MALFORMED),
    ],
)
def test_an_address_nothing_may_be_sent_to_is_refused(url: str, fault: Fault) -> None:
    with pytest.raises(UnusableAddress) as refused:
        web_address(url)
    assert refused.value.fault == fault
    assert "secret" not in str(refused.value)


def test_a_host_that_settings_name_may_be_any() -> None:
    one = web_address("https://localhost:8443/in", known_hosts=["localhost"])
    assert (one.host, one.port, one.path) == ("localhost", 8443, "/in")
    with pytest.raises(UnusableAddress):
        web_address("http://localhost:8443/in", known_hosts=["localhost"])


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "193.40.5.1", "2001:4860:4860::8888", "2a00:1450:4026::200e"]
)
def test_the_open_internet_is_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.8.8.8", "0.0.0.0", "10.0.0.1", "172.16.3.4", "192.168.1.1",  # noqa: S104
        "169.254.169.254", "100.64.0.1", "100.100.100.200", "168.63.129.16", "192.0.0.192",
        "198.18.0.1", "192.0.2.1", "224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255",
        "::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "fec0::1", "ff02::1",
        "::ffff:127.0.0.1", "::ffff:169.254.169.254", "::127.0.0.1", "64:ff9b::7f00:1",
        "64:ff9b::a9fe:a9fe", "2002:7f00:1::", "2002:a9fe:a9fe::1", "2001:db8::1", "2001::1",
        "8.8.8.8%eth0", "localhost", "", "8.8.8", "0x7f000001",
    ],
)  # fmt: skip
def test_everything_else_is_not(address: str) -> None:
    assert not is_public(address)


_PRIVATE = ["10.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16"]


@given(st.sampled_from(_PRIVATE), st.integers(min_value=0))
def test_no_disguise_opens_a_private_network(network: str, number: int) -> None:
    inside = ip_network(network)
    address = IPv4Address(int(inside.network_address) + number % inside.num_addresses)
    bits = int(address)
    disguises = (
        IPv6Address((0xFFFF << 32) | bits),
        IPv6Address(bits),
        IPv6Address((0x64FF9B << 96) | bits),
        IPv6Address((0x2002 << 112) | (bits << 80)),
    )
    assert not any(map(is_public, (str(address), *map(str, disguises))))
