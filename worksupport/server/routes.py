"""Which address answers what; each document is built by the function that the command calls as well."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from importlib import resources
from pathlib import Path

from worksupport import lock
from worksupport.clock import Clock
from worksupport.errors import InterruptedRunError, LockedError, NotFoundError
from worksupport.output import json_text
from worksupport.queries.health import health_document
from worksupport.queries.history import HistoryQuestion, reload_document, reloads_document
from worksupport.queries.keys import KeysQuestion, keys_text
from worksupport.queries.reader import answer
from worksupport.queries.tree import MAX_DEPTH, TreeQuestion, tree_text
from worksupport.server.answers import Answers, answer_by_content
from worksupport.server.exchange import JSON, Answer, RefusedError, Request
from worksupport.server.parameters import Parser, boolean, moment_before, parsed, text, whole_number
from worksupport.server.reloads import Reloads

_KEYS: dict[str, Parser] = {
    **dict.fromkeys(("source", "assignee", "label", "issue_type", "parent_key"), text),
    "missing": boolean,
}
_HIERARCHY: dict[str, Parser] = {
    **dict.fromkeys(("key", "root_type", "assignee", "label", "status"), text),
    "max_depth": whole_number(1, MAX_DEPTH),
}
_HISTORY: dict[str, Parser] = {"limit": whole_number(1, 100), "status": text}
_RELOAD: dict[str, Parser] = {"force": boolean}
_LARGEST_ID = 2**63 - 1  # of SQLite
_NO_STORE = {**JSON, "Cache-Control": "no-store"}

Handler = Callable[[Request], Answer]


@dataclass(frozen=True)
class Routes:
    """The routes of one server: what they read, and what starts reloads (or why nothing can)."""

    database: Path
    answers: Answers
    reloads: Reloads | str
    interval: timedelta
    clock: Clock

    def handler(self, path: str) -> dict[str, Handler]:
        """The functions of a path by method. Raises RefusedError 404."""
        if path in (routes := self._routes()):
            return routes[path]
        if path.startswith(_RELOADS + "/"):
            return {"GET": self.reload_status}
        raise RefusedError(404, "there is no such address here; /openapi.json describes those there are")

    def _routes(self) -> dict[str, dict[str, Handler]]:
        return {
            "/api/issues/keys": {"GET": self.keys},
            "/api/issues/hierarchy": {"GET": self.hierarchy},
            _RELOADS: {"GET": self.reload_history, "POST": self.start_reload},
            "/health": {"GET": self.health},
            "/openapi.json": {"GET": self.description},
        }

    def keys(self, request: Request) -> Answer:
        """`worksupport keys --json`."""
        question = KeysQuestion(**parsed(request.query, {**_KEYS, **self._since()}))
        return self.answers.answer(
            request.path, question, _known(request), lambda found: keys_text(found, question)
        )

    def hierarchy(self, request: Request) -> Answer:
        """`worksupport tree --json`; the command's argument is the parameter `key`."""
        question = TreeQuestion(**parsed(request.query, {**_HIERARCHY, **self._since()}))
        return self.answers.answer(
            request.path, question, _known(request), lambda found: tree_text(found, question)
        )

    def _since(self) -> dict[str, Parser]:
        return {"changed_since": moment_before(self.clock.now())}

    def reload_history(self, request: Request) -> Answer:
        """`worksupport history --json`."""
        question = HistoryQuestion(**parsed(request.query, _HISTORY))
        records = answer(self.database, lambda found: reloads_document(found, question))
        return answer_by_content(json_text(records), _known(request))

    def reload_status(self, request: Request) -> Answer:
        """`worksupport history ID --json`."""
        parsed(request.query, {})
        given = request.path.removeprefix(_RELOADS + "/")
        if not re.fullmatch("[0-9]{1,19}", given) or int(given) > _LARGEST_ID:
            raise NotFoundError(f"there is no reload {given}")
        record = answer(self.database, lambda found: reload_document(found, int(given)))
        return answer_by_content(json_text(record), _known(request))

    def start_reload(self, request: Request) -> Answer:
        """202 with the id of a reload that has just begun. Raises RefusedError 409 if a run goes on."""
        force = parsed(request.query, _RELOAD).get("force", False)
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
        headers = {**_NO_STORE, "Location": f"{_RELOADS}/{record.id}"}
        return Answer(202, json_text(begun).encode("ascii"), headers)

    def _conflict(self, error: LockedError, *, forced: bool) -> RefusedError:
        running = answer(self.database, lambda found: reloads_document(found, HistoryQuestion(1, "running")))
        reload_id = running[0]["reload_id"] if running else None
        what = f"reload {reload_id} is running" if running else error.message
        advice = "it has not ended yet" if forced else "force=true makes a reload give way"
        return RefusedError(409, f"{what}; {advice}", fields={"reload_id": reload_id})

    def health(self, request: Request) -> Answer:
        """Whether the data is there and not too old: 200 or 503; always made anew."""
        parsed(request.query, {})
        document = self._health()
        if document["orphaned"]:
            # A run may have begun or ended between the two looks at the lock and at the records.
            document = self._health()
        return Answer(200 if document["ok"] else 503, json_text(document).encode("ascii"), _NO_STORE)

    def _health(self) -> dict[str, object]:
        now, is_locked = self.clock.now(), lock.is_held(self.database)
        return answer(
            self.database,
            lambda found: health_document(found, now=now, interval=self.interval, is_locked=is_locked),
        )

    def description(self, request: Request) -> Answer:
        """The OpenAPI description of all this."""
        parsed(request.query, {})
        described = resources.files("worksupport.server").joinpath("openapi.json").read_text("ascii")
        return answer_by_content(described, _known(request))


_RELOADS = "/api/harvest/reload"


def _known(request: Request) -> str:
    return ", ".join(request.headers.get_all("If-None-Match", []))
