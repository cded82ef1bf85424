"""Webhooks as both services send them: signed over the raw body, with their headers."""

import hmac
import json
from urllib.request import Request, urlopen
from uuid import uuid4

from worksupport.sandbox.exchange import Raw


def jira_delivery(issue: Raw, event: str = "jira:issue_updated") -> Raw:
    """What Jira tells of a change, in short: the issue in it has the shape of API version 2."""
    fields = {"summary": issue["fields"].get("summary"), "status": issue["fields"]["status"]}
    return {
        "timestamp": 1_790_000_000_000,
        "webhookEvent": event,
        "issue": {"id": issue["id"], "self": issue["self"], "key": issue["key"], "fields": fields},
    }


def deliver(url: str, service: str, secret: str, document: Raw, event: str = "issues") -> int:
    """Send one delivery of `service`, as it signs; returns the status of a good answer. Raises HTTPError."""
    body = json.dumps(document).encode("utf-8")
    signature = f"sha256={hmac.new(secret.encode('utf-8'), body, 'sha256').hexdigest()}"
    own = {
        "jira": {"X-Hub-Signature": signature, "X-Atlassian-Webhook-Identifier": str(uuid4())},
        "github": {
            "X-Hub-Signature-256": signature,
            "X-GitHub-Event": event,
            "X-GitHub-Delivery": str(uuid4()),
        },
    }[service]
    headers = {"Content-Type": "application/json", **own}
    request = Request(f"{url}/api/webhooks/{service}", body, headers, method="POST")
    with urlopen(request, timeout=10) as answer:
        return int(answer.status)
