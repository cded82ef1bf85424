"""Which address answers what; each document is built by the function that the command calls as well."""

import re
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from worksupport.clock import Clock
from worksupport.errors import InterruptedRunError, LockedError, NotFoundError
from worksupport.model.definitions import DEFAULT_WEEKS
from worksupport.model.filters import Filters
from worksupport.model.times import LAST_WORKDAY, moment
from worksupport.output import json_text
from worksupport.queries.aging import aging_document
from worksupport.queries.as_of import at, stamped
from worksupport.queries.changes import ChangesQuestion, changes_document, checked_fields
from worksupport.queries.compare import compared_document
from worksupport.queries.find import find_key
from worksupport.queries.flow import flow_document
from worksupport.queries.forecast import forecast_document
from worksupport.queries.health import health_document
from worksupport.queries.history import (
    HistoryQuestion,
    reload_document,
    reloads_document,
    runs_document,
)
from worksupport.queries.issue import show_document
from worksupport.queries.issues import ListQuestion, json_name, list_document, list_text
from worksupport.queries.keys import keys_text
from worksupport.queries.lint import checked_rules, lint_document
from worksupport.queries.reader import answer, weekend
from worksupport.queries.summary import summary_document
from worksupport.queries.tree import TreeQuestion, tree_text
from worksupport.render.changes import csv_changes
from worksupport.render.issues import csv_list
from worksupport.server.bell import Bell
from worksupport.server.cache import Answers, answer_by_content
from worksupport.server.exchange import CSV, JSON, Answer, RefusedError, Request
from worksupport.server.openapi import Operation, description
from worksupport.server.operations import RELOAD_STATUS, RELOADS, ROUTES
from worksupport.server.parameters import parsed
from worksupport.server.reloads import Reloads
from worksupport.server.webhooks import WEBHOOKS
from worksupport.server.zipped import known_tags
from worksupport.store import lock

_LARGEST_ID = 2**63 - 1  # of SQLite
_NO_BELL = "no harvest can be started here: the configuration allows no run; the server's log says why"
_NO_STORE = {**JSON, "Cache-Control": "no-store"}

Handler = Callable[[Request, dict[str, Any]], Answer]


@dataclass(frozen=True)
class Routes:
    """The routes of one server: what they read, and what starts reloads (or why nothing can)."""

    database: Path
    answers: Answers
    reloads: Reloads | str
    interval: timedelta
    full_every: timedelta
    clock: Clock
    bell: Bell | None = None

    def answer(self, request: Request) -> Answer:
        """The answer of the route. Raises RefusedError 404 and 405, and what its handler raises."""
        operations = self.operations(request.path)
        if request.method not in operations:
            allowed = ", ".join(sorted({*operations, *(["HEAD"] if "GET" in operations else [])}))
            raise RefusedError(405, f"this address takes {allowed}", {"Allow": allowed})
        operation = operations[request.method]
        handler: Handler = getattr(self, operation.handler)
        given = parsed(request.query, operation.parameters, self.clock.now(), partial(weekend, self.database))
        return handler(request, given)

    def operations(self, path: str) -> dict[str, Operation]:
        """What a path takes, by method. Raises RefusedError 404."""
        if path in ROUTES:
            return ROUTES[path]
        if path.startswith(RELOADS + "/"):
            return ROUTES[RELOAD_STATUS]
        raise RefusedError(404, "there is no such address here; /openapi.json describes those there are")

    def keys(self, request: Request, given: dict[str, Any]) -> Answer:
        """`worksupport keys --json`."""
        as_of, filters = given.pop("as_of", None), Filters(**given)
        make = at(as_of, lambda found: stamped(keys_text(found, filters), as_of), filters)
        return self.answers.answer(request.path, (as_of, filters), known_tags(request), make)

    def list_issues(self, request: Request, given: dict[str, Any]) -> Answer:
        """`worksupport list --json`, or with `--format csv`; its words are the parameter `q`."""
        form = given.pop("format", "json")
        words, fields = given.pop("q", "").split(), given.pop("fields", "")
        names = tuple(json_name("fields", name) for name in fields.split(",") if name.strip())
        sort, limit, as_of = given.pop("sort", None), given.pop("limit", None), given.pop("as_of", None)
        question = ListQuestion(tuple(words), Filters(**given), names, sort, limit)

        def make(found: sqlite3.Connection) -> str:
            if form == "csv":
                return _list_as_csv(found, question)
            return stamped(list_text(found, question), as_of)

        return self.answers.answer(
            request.path,
            (form, as_of, question),
            known_tags(request),
            at(as_of, make, question.filters, question.words),
            CSV if form == "csv" else JSON,
        )

    def show_issue(self, request: Request, given: dict[str, Any]) -> Answer:
        """`worksupport show KEY --json`."""
        key, now = given.get("key", ""), self.clock.now()
        return self.answers.answer(
            request.path,
            (key, now.astimezone().date()),
            known_tags(request),
            lambda found: json_text(show_document(found, key, now, only_key=True)[0]),
        )

    def list_changes(self, request: Request, given: dict[str, Any]) -> Answer:
        """`worksupport changes --json`, or with `--format csv`."""
        own = {name: given.pop(name, None) for name in ("key", "since", "until", "after", "field")}
        raw, form = given.pop("raw", False), given.pop("format", "json")
        if own["since"] is None and own["after"] is None:
            now = self.clock.now()
            own["since"] = moment("since", LAST_WORKDAY, now, lambda: weekend(self.database))
        fields = checked_fields("field", (own.pop("field"),) if own["field"] else ())
        own.pop("field", None)
        filters = Filters(**given)

        def make(found: sqlite3.Connection) -> str:
            key = find_key(found, own["key"]).key if own["key"] else None
            question = ChangesQuestion(**{**own, "key": key}, fields=fields, filters=filters, raw=raw)
            document = changes_document(found, question)
            return csv_changes(document["changes"], is_shown=False) if form == "csv" else json_text(document)

        question = (own, fields, filters, raw, form)
        content = CSV if form == "csv" else JSON
        return self.answers.answer(request.path, question, known_tags(request), make, content)

    def show_summary(self, request: Request, given: dict[str, Any]) -> Answer:
        """`worksupport summary --json`."""
        key, filters = given.pop("key", None), Filters(**given)
        return self._review(
            request,
            (key, filters),
            lambda found, now: summary_document(found, _exact(found, key), filters, now),
        )

    def show_aging(self, request: Request, given: dict[str, Any]) -> Answer:
        """`worksupport aging --json`."""
        past, filters = given.pop("past", False), Filters(**given)
        return self._review(
            request,
            (past, filters),
            lambda found, now: aging_document(found, filters, now, only_past=past),
        )

    def show_forecast(self, request: Request, given: dict[str, Any]) -> Answer:
        """`worksupport forecast KEY --json`."""
        key, filters = given.pop("key"), Filters(**given)
        return self._review(
            request,
            (key, filters),
            lambda found, now: forecast_document(found, find_key(found, key).key, filters, now),
        )

    def show_flow(self, request: Request, given: dict[str, Any]) -> Answer:
        """`worksupport flow --json`."""
        key, weeks, filters = given.pop("key", None), given.pop("weeks", DEFAULT_WEEKS), Filters(**given)
        return self._review(
            request,
            (key, weeks, filters),
            lambda found, now: flow_document(found, _exact(found, key), weeks, filters, now),
        )

    def show_lint(self, request: Request, given: dict[str, Any]) -> Answer:
        """`worksupport lint --json`."""
        rule, filters = given.pop("rule", None), Filters(**given)
        rules = checked_rules("rule", (rule,) if rule is not None else ())
        return self._review(
            request, (rules, filters), lambda found, now: lint_document(found, rules, filters, now)
        )

    def _review(
        self, request: Request, question: object, make: Callable[[sqlite3.Connection, datetime], object]
    ) -> Answer:
        """What goes by the time of day is kept for a minute."""
        minute = self.clock.now().replace(second=0, microsecond=0)
        return self.answers.answer(
            request.path,
            (minute, question),
            known_tags(request),
            lambda found: json_text(make(found, minute)),
        )

    def hierarchy(self, request: Request, given: dict[str, Any]) -> Answer:
        """`worksupport tree --json`; the command's argument is the parameter `key`."""
        own: dict[str, Any] = {
            name: given.pop(name) for name in ("key", "root_type", "max_depth") if name in given
        }
        as_of, compare = given.pop("as_of", None), given.pop("compare", None)
        question = TreeQuestion(**own, filters=Filters(**given))

        def make(found: sqlite3.Connection) -> str:
            if "key" in own:
                own["key"] = find_key(found, own["key"]).key
            if compare:
                meant = TreeQuestion(**own, filters=question.filters)
                document = compared_document(self.database, meant, as_of, compare)
                return json_text({**document, "as_of": as_of} if as_of else document)
            return stamped(tree_text(found, TreeQuestion(**own, filters=question.filters)), as_of)

        asked = make if compare else at(as_of, make, question.filters)
        return self.answers.answer(request.path, (as_of, compare, question), known_tags(request), asked)

    def reload_history(self, request: Request, given: dict[str, Any]) -> Answer:
        """`worksupport history --reloads --json`."""
        question = HistoryQuestion(**given)
        records = answer(self.database, lambda found: reloads_document(found, question))
        return answer_by_content(json_text(records), known_tags(request))

    def run_history(self, request: Request, given: dict[str, Any]) -> Answer:
        """`worksupport history --json`."""
        question = HistoryQuestion(**given)
        records = answer(self.database, lambda found: runs_document(found, question))
        return answer_by_content(json_text(records), known_tags(request))

    def reload_status(self, request: Request, given: dict[str, Any]) -> Answer:
        """`worksupport history ID --reloads --json`."""
        asked = request.path.removeprefix(RELOADS + "/")
        if not re.fullmatch("[0-9]{1,19}", asked) or int(asked) > _LARGEST_ID:
            raise NotFoundError(f"there is no reload {asked}")
        record = answer(self.database, lambda found: reload_document(found, int(asked)))
        return answer_by_content(json_text(record), known_tags(request))

    def start_reload(self, request: Request, given: dict[str, Any]) -> Answer:
        """202 with the id of a reload that has just begun. Raises RefusedError 409 if a run goes on."""
        force = given.get("force", False)
        if isinstance(self.reloads, str):
            raise RefusedError(503, self.reloads)
        try:
            record = self.reloads.start(f"http {request.address}", force=force)
        except LockedError as error:
            raise self._conflict(error, forced=force) from error
        except InterruptedRunError as error:
            raise RefusedError(503, "the server is about to end") from error
        except TimeoutError as error:
            raise RefusedError(503, "the database was too busy to begin; try again") from error
        begun = {"reload_id": record.id, "reload_started": record.started_at, "status": "running"}
        headers = {**_NO_STORE, "Location": f"{RELOADS}/{record.id}"}
        return Answer(202, json_text(begun).encode("ascii"), headers)

    def ring_for_jira(self, request: Request, given: dict[str, Any]) -> Answer:
        """202, and a quick harvest soon. Raises RefusedError 401, 404, 503."""
        return self._ring(request)

    ring_for_github = ring_for_jira

    def _ring(self, request: Request) -> Answer:
        if request.delivery is None:
            name = request.path.removeprefix(WEBHOOKS)
            raise RefusedError(404, f"no webhook is expected here: webhook.{name}_secret is not set")
        if not request.delivery.is_signed:
            raise RefusedError(401, "the signature is wrong: is the secret the same on both sides?")
        if self.bell is None:
            raise RefusedError(503, _NO_BELL)
        if not request.delivery.is_ping:
            self.bell.ring(request.delivery.issue_id)
        return Answer(202, b"{}", _NO_STORE)

    def _conflict(self, error: LockedError, *, forced: bool) -> RefusedError:
        running = answer(self.database, lambda found: reloads_document(found, HistoryQuestion(1, "running")))
        reload_id = running[0]["reload_id"] if running else None
        what = f"reload {reload_id} is running" if running else error.message
        advice = "it has not ended yet" if forced else "force=true makes a reload give way"
        return RefusedError(409, f"{what}; {advice}", fields={"reload_id": reload_id})

    def health(self, request: Request, given: dict[str, Any]) -> Answer:
        """Whether the data is there and not too old: 200 or 503; always made anew."""
        document = self._health()
        if document["orphaned"]:
            # A run may have begun or ended between the two looks at the lock and at the records.
            document = self._health()
        return Answer(200 if document["ok"] else 503, json_text(document).encode("ascii"), _NO_STORE)

    def _health(self) -> dict[str, object]:
        now, is_locked = self.clock.now(), lock.is_held(self.database)
        return answer(
            self.database,
            lambda found: health_document(
                found, now=now, interval=self.interval, full_every=self.full_every, is_locked=is_locked
            ),
        )

    def description(self, request: Request, given: dict[str, Any]) -> Answer:
        """The OpenAPI description of all this."""
        return answer_by_content(json_text(description(ROUTES)), known_tags(request))


def _list_as_csv(connection: sqlite3.Connection, question: ListQuestion) -> str:
    return csv_list(list_document(connection, question)["issues"], question.fields, is_shown=False)


def _exact(connection: sqlite3.Connection, key: str | None) -> str | None:
    return None if key is None else find_key(connection, key).key
