"""Many clients at once, each on a connection of its own that it keeps: how long their answers take."""

import asyncio
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Load:
    """What the clients saw: milliseconds from the request's last byte to the answer's."""

    milliseconds: list[float]
    seconds: float
    statuses: dict[int, int]
    size: int  # bytes of the last body

    @property
    def median(self) -> float:
        """Half of the answers came within this time."""
        return statistics.median(self.milliseconds)

    @property
    def slowest_percent(self) -> float:
        """99 of 100 answers came within this time (the slowest one where there are fewer)."""
        ordered = sorted(self.milliseconds)
        return ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))]

    @property
    def per_second(self) -> float:
        """Answers a second, of all clients together."""
        return len(self.milliseconds) / self.seconds


def load(port: int, target: Callable[[int], str], clients: int, requests: int, header: str = "") -> Load:
    """`requests` GETs of `target(number)` from 127.0.0.1, shared by `clients`; `header`: one line more."""
    return asyncio.run(_load(port, target, clients, requests, header))


async def _load(port: int, target: Callable[[int], str], clients: int, requests: int, header: str) -> Load:
    numbers = iter(range(requests))
    taken: list[tuple[float, int, int]] = []
    began = time.perf_counter()
    await asyncio.gather(*[_client(port, target, numbers, header, taken) for _ in range(clients)])
    seconds = time.perf_counter() - began
    statuses = [status for _, status, _ in taken]
    counts = {status: statuses.count(status) for status in set(statuses)}
    return Load([milliseconds for milliseconds, _, _ in taken], seconds, counts, taken[-1][2])


async def _client(
    port: int,
    target: Callable[[int], str],
    numbers: Iterator[int],
    header: str,
    taken: list[tuple[float, int, int]],
) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 20)
    for number in numbers:
        writer.write(f"GET {target(number)} HTTP/1.1\r\nHost: localhost\r\n{header}\r\n".encode())
        began = time.perf_counter()
        status, size = await _answer(reader)
        taken.append(((time.perf_counter() - began) * 1000, status, size))
    writer.close()


async def _answer(reader: asyncio.StreamReader) -> tuple[int, int]:
    """Status and size of one answer; its body is read and dropped."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode().casefold()
    if "transfer-encoding: chunked" in head:
        size = 0
        while chunk := int(await reader.readuntil(b"\r\n"), 16):
            await reader.readexactly(chunk + 2)
            size += chunk
        await reader.readexactly(2)
    else:
        size = int(head.partition("content-length: ")[2].partition("\r")[0] or 0)
        left = size
        while left:
            left -= len(await reader.read(min(left, 1 << 20)))
    return int(head[9:12]), size
