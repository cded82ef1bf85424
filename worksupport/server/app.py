"""From a request to its answer: the guard, the route, and what went wrong told without internals."""

import logging
import traceback
from dataclasses import dataclass, field

from worksupport import log
from worksupport.config.settings import ServeSettings
from worksupport.errors import NotFoundError, UsageError, WorksupportError
from worksupport.output import json_text
from worksupport.queries.health import unhealthy_document
from worksupport.server.exchange import Answer, Delivery, RefusedError, Request
from worksupport.server.guard import Guard
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
            self.guard.check(request)
            return self.zipped.for_client(request, self.routes.answer(request))
        except RefusedError as refused:
            return refused.answer
        except UsageError as error:
            return RefusedError(400, error.message).answer
        except NotFoundError as error:
            near = f"; near: {', '.join(error.near)}" if error.near else ""
            return RefusedError(404, error.message + near).answer
        except WorksupportError as error:
            # Its message may name paths, which are nobody's business out there.
            logger.warning("%s: %s", request.path, error.message, extra=log.fields(hint=error.hint))
            return _unavailable(request)
        except Exception:
            logger.error("internal error at %s: %s", request.path, traceback.format_exc())
            return RefusedError(500, "internal error; the server's log has it").answer


def _unavailable(request: Request) -> Answer:
    refused = RefusedError(503, _UNREADABLE, {"Retry-After": "10"}).answer
    if request.path != "/health":
        return refused
    return Answer(503, json_text(unhealthy_document(_UNREADABLE)).encode("ascii"), refused.headers)
