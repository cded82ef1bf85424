"""How much of the server one client, and all of them together, may take."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """How many clients, and how long one may take."""

    connections: int = 64
    head_seconds: float = 5.0  # for a whole head, or a whole body
    idle_seconds: float = 15.0  # between two requests
    send_seconds: float = 15.0  # for an answer, beside its size at a least speed
    linger_seconds: float = 1.0
