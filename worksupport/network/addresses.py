"""Addresses: joined, compared, and shown without what could be secret in them; pure."""

from ipaddress import ip_address
from urllib.parse import SplitResult, urljoin, urlsplit

_PORTS = {"http": 80, "https": 443}


def join(base_url: str, path: str) -> str:
    """`path` below `base_url`, which may have a path of its own (`https://host/jira`)."""
    return f"{base_url.rstrip('/')}/{path.lstrip('/')}"


def redirected(url: str, location: str) -> str:
    """Where a Location header points, seen from `url`; '' if it cannot be read."""
    try:
        return urljoin(url, location)
    except ValueError:
        return ""


def same_origin(url: str, other: str) -> bool:
    """Whether both have the same scheme, host and port: credentials may go nowhere else."""
    origin = _origin(url)
    return origin is not None and origin == _origin(other)


def shown(url: str) -> str:
    """`url` as it may be shown: scheme, host and path, no user information and no query."""
    parts = _parts(url)
    return f"{parts.scheme}://{host(url)}{parts.path}" if parts else "an unreadable address"


def host(url: str) -> str:
    """Host and, if given, port; '' if there is none."""
    parts = _parts(url)
    return parts.netloc.rpartition("@")[2] if parts else ""


def is_loopback(url: str) -> bool:
    """Whether the address is this machine's own, which no proxy can reach for us."""
    parts = _parts(url)
    name = (parts.hostname or "") if parts else ""
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return name == "localhost" or name.endswith(".localhost")


def _parts(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        _ = parts.port  # raises for a port that is no number
    except ValueError:
        return None
    return parts


def _origin(url: str) -> tuple[str, str, int | None] | None:
    parts = _parts(url)
    if parts is None or not parts.hostname:
        return None
    return parts.scheme, parts.hostname, parts.port or _PORTS.get(parts.scheme)
