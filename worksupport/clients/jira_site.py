"""What kind of Jira a site is. Vendor facts: vendor-apis section 4, "Detect"."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from worksupport.clients.answers import Document
from worksupport.clients.jira_search import Ask

_GATEWAY_PATH = "/ex/jira/"


@dataclass(frozen=True)
class Site:
    """What a site says about itself."""

    base_url: str  # as people see it: links begin with it
    deployment: str  # Cloud, DataCenter or Server

    @property
    def is_cloud(self) -> bool:
        """Whether it is Jira Cloud, with its newer API."""
        return self.deployment == "Cloud"


def ask_site(ask: Ask, base_url: str) -> Site:
    """Ask `GET serverInfo`; it answers anybody, so it proves no identity."""
    answer = ask("GET", "/rest/api/2/serverInfo", accept=(401, 403) if is_gateway(base_url) else ())
    if answer.status == 200:
        return _site(answer.document, base_url)
    # A token with few scopes may not even ask this; behind the gateway there is only Cloud.
    return Site(base_url, "Cloud")


def is_gateway(base_url: str) -> bool:
    """Whether this is the vendor's gateway for tokens with scopes: https://api.atlassian.com/ex/jira/<cloudId>."""
    return urlsplit(base_url).path.startswith(_GATEWAY_PATH)


def _site(document: Document, base_url: str) -> Site:
    """Servers from before Data Center do not say what they are."""
    shown, deployment = document.get("baseUrl"), document.get("deploymentType")
    return Site(
        shown.rstrip("/") if isinstance(shown, str) and shown.startswith("http") else base_url,
        deployment if isinstance(deployment, str) else "Server",
    )
