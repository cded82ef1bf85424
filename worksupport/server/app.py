"""From a request to its answer: the guard, the route, and what went wrong told without internals."""

import logging
import traceback
from dataclasses import dataclass, field, replace

from worksupport import log
from worksupport.config.settings import ServeSettings
from worksupport.errors import NotFoundError, UsageError, WorksupportError
from worksupport.output import json_text
from worksupport.queries.health import unhealthy_document
from worksupport.server.exchange import HEALTH, Answer, Delivery, RefusedError, Request
from worksupport.server.guard import Guard, wants_page
from worksupport.server.pages import Pages
from worksupport.server.routes import Routes
from worksupport.server.webhooks import delivery
from worksupport.server.zipped import Zipped

logger = logging.getLogger(__name__)

_UNREADABLE = "the database cannot be used now; the server's log and `worksupport check` say why"


@dataclass(frozen=True)
class Application:
    """All that `serve` knows to answer, without a socket."""

    guard: Guard
    routes: Routes
    pages: Pages
    settings: ServeSettings
    zipped: Zipped = field(default_factory=Zipped)

    def delivery(self, request: Request) -> Delivery | None:
        """What takes the body of this request, if it is a webhook that is expected."""
        try:
            return delivery(self.settings, request.path, request.headers)
        except RefusedError:
            return None

    def answer(self, request: Request) -> Answer:
        """The answer to any request; a refusal is one, too."""
        try:
            is_known = self.guard.check(request)
            found = (self.pages if self.pages.takes(request) else self.routes).answer(request)
            return self.zipped.for_client(request, found if is_known else _only_ok(found))
        except RefusedError as refused:
            return self._refusal(request, refused)
        except UsageError as error:
            return self._refusal(request, RefusedError(400, error.message))
        except NotFoundError as error:
            near = f"; near: {', '.join(error.near)}" if error.near else ""
            return self._refusal(request, RefusedError(404, error.message + near))
        except WorksupportError as error:
            # Its message may name paths, which are nobody's business out there.
            logger.warning("%s: %s", request.path, error.message, extra=log.fields(hint=error.hint))
            return self._refusal(request, RefusedError(503, _UNREADABLE, {"Retry-After": "10"}))
        except Exception:
            logger.error("internal error at %s: %s", request.path, traceback.format_exc())
            return self._refusal(request, RefusedError(500, "internal error; the server's log has it"))

    def _refusal(self, request: Request, refused: RefusedError) -> Answer:
        """As a page for who looks at pages."""
        if wants_page(request):
            return self.pages.error(request, refused)
        if refused.status == 503 and request.target.partition("?")[0] == HEALTH:
            document = json_text(unhealthy_document(refused.detail)).encode("ascii")
            whole = Answer(503, document, refused.answer.headers)
            return whole if self.guard.has_token(request) else _only_ok(whole)
        return refused.answer


def _only_ok(health: Answer) -> Answer:
    """What a monitor without the token needs."""
    return replace(health, body=json_text({"ok": health.status == 200}).encode("ascii"))
