"""How a good answer becomes another one: what the table of faults is made of."""

from collections.abc import Callable
from dataclasses import replace

from worksupport.sandbox.exchange import Answer, Delivery, Raw, Request

Change = Callable[[Request, Answer], Answer]


def says(status: int, message: str = "", **headers: str) -> Change:
    """Another status with an error body and headers (underscores for hyphens)."""
    sent = _hyphenated(headers)
    return lambda request, answer: replace(
        answer, status=status, document={"message": message}, headers={**answer.headers, **sent}
    )


def with_body(body: bytes, content_type: str = "application/json") -> Change:
    """Another body, whatever it is called."""
    headers = {"Content-Type": content_type}
    return lambda request, answer: replace(answer, raw_body=body, headers={**answer.headers, **headers})


def with_headers(**headers: str) -> Change:
    """Further headers (underscores for hyphens)."""
    sent = _hyphenated(headers)
    return lambda request, answer: replace(answer, headers={**answer.headers, **sent})


def with_members(change: Callable[[Raw], Raw]) -> Change:
    """Other members in the document; None takes one away."""

    def changed(_request: Request, answer: Answer) -> Answer:
        if answer.status != 200:  # another fault was first
            return answer
        members = {**answer.document, **change(answer.document)}
        kept = {name: value for name, value in members.items() if value is not None}
        return replace(answer, document=kept)

    return changed


def delivered(delivery: Delivery) -> Change:
    """The same answer, delivered in another way."""
    return lambda request, answer: replace(answer, delivery=delivery)


def cut(request: Request, answer: Answer) -> Answer:
    """Half the body."""
    body = answer.body()
    return replace(answer, raw_body=body[: len(body) // 2])


def same_token(request: Request, answer: Answer) -> Answer:
    """The page leads to itself."""
    token = request.document["nextPageToken"]
    return replace(answer, document={**answer.document, "nextPageToken": token, "isLast": False})


def anonymous(request: Request, answer: Answer) -> Answer:
    """What Jira Cloud answers to credentials that it does not know: 200, and nothing."""
    kept = {name: value for name, value in answer.headers.items() if name != "X-AAccountId"}
    headers = {**kept, "X-Seraph-LoginReason": "AUTHENTICATED_FAILED"}
    return replace(answer, document={"issues": [], "isLast": True}, headers=headers)


def _hyphenated(headers: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}
