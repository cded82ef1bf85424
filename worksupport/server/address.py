"""Where to listen, and whether others can reach it."""

import ipaddress
import socket
from dataclasses import dataclass

from worksupport.errors import ConfigurationError


@dataclass(frozen=True)
class Address:
    """An address as the socket takes it, of one family."""

    family: socket.AddressFamily
    host: str
    port: int

    @property
    def url(self) -> str:
        """As people type it."""
        return f"http://[{self.host}]:{self.port}" if ":" in self.host else f"http://{self.host}:{self.port}"

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can reach it."""
        return is_loopback(self.host)


def resolve(host: str, port: int) -> Address:
    """The address that `host` (a name or an IP address) has here; IPv4 first, as most clients do.

    Raises ConfigurationError if it has none.
    """
    try:
        if not host:
            raise OSError("it is empty")
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ConfigurationError(
            f"cannot listen on host {host!r}: {reason}", "name another one with --host, such as 127.0.0.1"
        ) from error
    family, *_, address = min(found, key=lambda each: each[0] != socket.AF_INET)
    return Address(family, str(address[0]), port)


def is_loopback(host: str) -> bool:
    """Whether `host` is an IP address of a machine's own loopback interface."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
