"""Reading from a client that may be slow, endless or hostile: a bound on the time and the bytes in total.

A time-out for each read would let a client that sends a byte a second stay for ever.
"""

import io
import socket
from http.client import LineTooLong

from worksupport.clock import Clock


class BoundedReader(io.RawIOBase):
    """A socket's bytes, within what was last allowed."""

    def __init__(self, connection: socket.socket, clock: Clock) -> None:
        super().__init__()
        self._connection = connection
        self._clock = clock
        self._until = 0.0
        self._bytes_left = 0
        self.has_ended = False

    def allow(self, seconds: float, size: int) -> None:
        """From now on, everything read together may take so long and be so many bytes."""
        self._until = self._clock.monotonic() + seconds
        self._bytes_left = size

    def readable(self) -> bool:
        """Yes."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Wait for some bytes; 0 at the end. Raises TimeoutError or LineTooLong when a bound is reached."""
        seconds = self._until - self._clock.monotonic()
        if seconds <= 0:
            raise TimeoutError
        if self._bytes_left <= 0:
            raise LineTooLong("head")
        self._connection.settimeout(seconds)
        count = self._connection.recv_into(buffer)
        self._bytes_left -= count
        self.has_ended = count == 0
        return count
