"""Who is told, and how far: each address has its own cursor, which moves when its service has the message."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from worksupport.clock import Clock
from worksupport.config.settings import Settings
from worksupport.errors import WorksupportError
from worksupport.model.filters import Filters
from worksupport.model.times import moment, stored_moment
from worksupport.network.responses import Response
from worksupport.network.webhook import Webhook
from worksupport.notices import slack, teams
from worksupport.notices.digest import Digest, make_digest
from worksupport.queries.reader import answer
from worksupport.store.notices import Cursor, find_cursor, keep_cursor, require_current


@dataclass(frozen=True)
class Address:
    """Where one service takes messages, and its form of them; no `url`: it is not configured."""

    name: str
    title: str
    url: str | None = field(repr=False)
    message: Callable[[Digest], dict[str, Any]]
    is_taken: Callable[[Response], bool]
    remedy: str

    @property
    def setting(self) -> str:
        """The key that has the address."""
        return f"notify.{self.name}_url"


@dataclass(frozen=True)
class Notice:
    """What came of telling one address: `status` is sent, nothing (has changed), failed or dry-run."""

    address: Address
    status: str
    digest: Digest
    error: WorksupportError | None = None


def addresses(settings: Settings) -> list[Address]:
    """Every service, configured or not."""
    of = settings.notify
    return [
        Address("slack", "Slack", of.slack_url, slack.message, slack.is_taken, slack.REMEDY),
        Address("teams", "Teams", of.teams_url, teams.message, teams.is_taken, teams.REMEDY),
    ]


def tell(
    address: Address, settings: Settings, filters: Filters, clock: Clock, *, is_watched: bool = False
) -> Notice:
    """Post what has changed since the last time, if anything has; the caller lets nobody else do so.

    `is_watched`: somebody waits at a terminal, where a service that cannot be reached is given up early.
    Raises what reading the database raises, and what writing does before anything is posted; what fails later
    is in the notice.
    """
    begin = _kept_begin(address, settings, filters, clock)
    digest = _digest(settings, begin, filters, clock)
    try:
        if digest.count:
            _post(address, settings, clock, address.message(digest), is_watched)
        _keep(address, settings, filters, clock, digest.through)
    except WorksupportError as error:
        return Notice(address, "failed", digest, error)
    return Notice(address, "sent" if digest.count else "nothing", digest)


def would_tell(address: Address, settings: Settings, filters: Filters, clock: Clock) -> Notice:
    """The same, with nothing posted and nothing written."""
    url = address.url or ""
    begin = answer(settings.database_path, lambda found: find_cursor(found, url, filters.folded))
    return Notice(address, "dry-run", _digest(settings, begin or _yesterday(clock.now()), filters, clock))


def notices_document(notices: list[Notice]) -> dict[str, Any]:
    """`{"notices": [{"service", "status", "since", "until", "changes", "error", "payload"}]}`.

    `payload`: what would be posted, in a dry run; null where that is nothing.
    """
    return {"notices": [_shown(notice) for notice in notices]}


def _shown(notice: Notice) -> dict[str, Any]:
    digest, is_dry = notice.digest, notice.status == "dry-run"
    return {
        "service": notice.address.name,
        "status": notice.status,
        "since": digest.since,
        "until": digest.through.until,
        "changes": digest.count,
        "error": notice.error.message if notice.error else None,
        **({"payload": notice.address.message(digest) if digest.count else None} if is_dry else {}),
    }


def _digest(settings: Settings, begin: Cursor, filters: Filters, clock: Clock) -> Digest:
    now = clock.now()
    return answer(settings.database_path, lambda found: make_digest(found, begin, filters, now))


def _kept_begin(address: Address, settings: Settings, filters: Filters, clock: Clock) -> Cursor:
    """How far the address was told; where it never was, yesterday. It is noted before anything is posted.

    Else, if its service took nothing for days, the beginning would move on meanwhile; and where nothing can
    be written, the same would be posted again and again.
    """

    def found(connection: sqlite3.Connection) -> Cursor | None:
        require_current(connection)
        return find_cursor(connection, address.url or "", filters.folded)

    begin = answer(settings.database_path, found) or _yesterday(clock.now())
    _keep(address, settings, filters, clock, begin)
    return begin


def _keep(address: Address, settings: Settings, filters: Filters, clock: Clock, cursor: Cursor) -> None:
    keep_cursor(settings.database_path, clock, address.url or "", filters.folded, cursor)


def _yesterday(now: datetime) -> Cursor:
    """Numbers of changes are at least the milliseconds of the moment at which they were recorded."""
    begin = moment("", "yesterday", now)
    stored = stored_moment(begin)
    return Cursor(int(stored.timestamp() * 1000) - 1 if stored else 0, begin)


def _post(
    address: Address, settings: Settings, clock: Clock, message: dict[str, Any], is_watched: bool
) -> None:
    webhook = Webhook(
        address.title,
        address.setting,
        address.url or "",
        is_taken=address.is_taken,
        remedy=address.remedy,
        clock=clock,
        timeout_seconds=settings.timeout_seconds,
        max_wait_seconds=settings.max_wait_seconds,
    )
    webhook.is_watched = is_watched
    with closing(webhook):
        webhook.post(message)
