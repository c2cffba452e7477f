"""The network that a container sees: names that change their address, and whom ingest may trust."""

import socket
import struct
import time
from collections.abc import Callable
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

ROUTES = Path("/proc/net/route")
RESOLVERS = Path("/etc/resolv.conf")
ASK_AGAIN_S = 1.0


def first_resolver(text: str) -> str:
    """The first name server that a resolv.conf lists, in nginx's spelling."""
    servers = (line.split()[1] for line in text.splitlines() if line.startswith("nameserver "))
    address = next(servers, "127.0.0.1")
    return f"[{address}]" if ":" in address else address


def addresses_of(host: str) -> frozenset[str]:
    """The IPv4 addresses that a name has now; none while nobody bears it."""
    try:
        found = socket.getaddrinfo(host, None, socket.AF_INET, socket.SOCK_STREAM)
    except OSError:
        return frozenset()
    return frozenset(str(address[0]) for *_, address in found)


def await_addresses(host: str, say: Callable[[str], None]) -> frozenset[str]:
    """The addresses of a name, as soon as it has one."""
    if not (found := addresses_of(host)):
        say(f"Waiting until there is a {host}")
    while not found:
        time.sleep(ASK_AGAIN_S)
        found = addresses_of(host)
    return found


def network_of(address: str, routes: str) -> IPv4Network:
    """The directly connected network that an address of ours is in, by the text of /proc/net/route."""
    ours = IPv4Address(address)
    for line in routes.splitlines()[1:]:
        _, destination, gateway, *_, mask, _mtu, _window, _irtt = line.split()
        network = IPv4Network((_from_hex(destination), str(_from_hex(mask))))
        if gateway == "00000000" and network.prefixlen and ours in network:
            return network
    return IPv4Network(ours)


def _from_hex(text: str) -> IPv4Address:
    return IPv4Address(struct.pack("<I", int(text, 16)))
