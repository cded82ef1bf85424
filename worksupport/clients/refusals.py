"""A refusal's status as an error with its likely cause; the service's own words are only passed on."""

from worksupport.clients.answers import Answer, words
from worksupport.clients.auth import Credentials
from worksupport.errors import (
    ConfigurationError,
    CredentialsError,
    QueryRefusedError,
    UnreachableError,
    WorksupportError,
)


def refusal(service: str, answer: Answer, credentials: Credentials) -> WorksupportError:
    """What to raise for an answer with a 4xx status that asking again does not change."""
    said = f"{answer.address} answered {credentials.hide(words(answer))}"
    if answer.status in {401, 403}:
        return refused_credentials(service, credentials, said, answer.status)
    if answer.status in {404, 410}:
        return ConfigurationError(
            f"{service}: {said}", f"is {service.lower()}.base_url the address of a {service}, whole?"
        )
    if answer.status == 407:
        return UnreachableError(f"{service}: {said}", "the proxy wants credentials: see HTTPS_PROXY")
    if answer.status in {400, 413, 414, 422}:
        return QueryRefusedError(f"{service} refused a query: {said}")
    return WorksupportError(f"{service}: {said}")


def refused_credentials(
    service: str, credentials: Credentials, said: str, status: int = 401
) -> CredentialsError:
    """The error for credentials that are wrong, expired or lack a right, naming the account."""
    verb = "does not allow this to" if status == 403 else "refused"
    return CredentialsError(f"{service} {verb} {credentials.account}: {said}", credentials.remedy)
