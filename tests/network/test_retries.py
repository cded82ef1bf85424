"""What a service may answer, and what we make of it: asked again, or one sentence."""

import gzip
import logging
import ssl
from typing import Any

import pytest
import requests
import responses
import urllib3

from worksupport.errors import (
    ConfigurationError,
    CredentialsError,
    InterruptedRunError,
    QueryRefusedError,
    UnreachableError,
    WorksupportError,
)
from worksupport.network.responses import is_list
from worksupport.network.service import Service

URL = "https://jira.example.com/rest/x"
GOOD = {"fine": True}


def ask(service: Service, **options: Any) -> Any:
    """One request's JSON."""
    return service.request("GET", "/rest/x", **options).document


def test_a_good_answer_is_its_json(web: responses.RequestsMock, service: Service) -> None:
    web.get(URL, json=GOOD)
    assert ask(service) == GOOD
    assert (service.requests, service.retries) == (1, 0)


TROUBLES: dict[str, dict[str, Any]] = {
    "500": {"status": 500, "json": {"message": "Internal server error"}},
    "502 with a page": {
        "status": 502,
        "body": "<html><title>Bad gateway</title></html>",
        "content_type": "text/html",
    },
    "503": {"status": 503, "body": ""},
    "a status that nobody knows": {"status": 529, "body": ""},
    "504": {"status": 504, "body": "upstream timed out", "content_type": "text/plain"},
    "408": {"status": 408, "body": ""},
    "204 without a body": {"status": 204},
    "empty body": {"body": ""},
    "blank body": {"body": " \n"},
    "wrong content type": {"json": GOOD, "content_type": "text/plain"},
    "JSON cut off": {"body": '{"fine": tr'},
    "no JSON": {"body": "fine"},
    "JSON nested without end": {"body": "[" * 100_000},
    "JSON root is a list": {"body": "[]"},
    "JSON root is null": {"body": "null"},
    "invalid UTF-8": {"body": b'{"fine": "\xff\xfe"}'},
    "bad gzip": {"body": b"no gzip", "headers": {"Content-Encoding": "gzip"}},
    "time-out": {"body": requests.exceptions.ReadTimeout("x")},
    "connect time-out": {"body": requests.exceptions.ConnectTimeout("x")},
    "reset": {"body": requests.exceptions.ConnectionError(ConnectionResetError(104, "reset"))},
    "cut off": {"body": requests.exceptions.ChunkedEncodingError("IncompleteRead(1 bytes read)")},
}

# While the service has not answered once, these tell of a wrong address.
MISDIRECTED: dict[str, dict[str, Any]] = {
    "log-in page with 200": {"body": "<!DOCTYPE html><title>Log in</title>", "content_type": "text/html"},
    "log-in page called JSON": {"body": "<html>", "content_type": "application/json"},
    "page with a mark and a comment": {"body": "\ufeff<!-- 1 --><html>", "content_type": "application/json"},
    "script that leads to a log-in": {"body": "<script>location='/login'</script>", "content_type": ""},
    "redirect elsewhere": {"status": 302, "headers": {"Location": "https://login.example.org/?next=x"}},
    "redirect to http": {"status": 301, "headers": {"Location": "http://jira.example.com/rest/x"}},
    "redirect to nowhere": {"status": 302, "headers": {"Location": "https://[bad"}},
    "redirect without target": {"status": 302},
}


def sent(given: dict[str, Any]) -> dict[str, Any]:
    """The options of an answer, as JSON unless it says otherwise."""
    return given if "json" in given else {"content_type": "application/json", **given}


@pytest.mark.parametrize("trouble", TROUBLES)
def test_a_trouble_that_passes_is_outlived(trouble: str, web: Any, service: Service, clock: Any) -> None:
    web.get(URL, **sent(TROUBLES[trouble]))
    web.get(URL, json=GOOD)
    assert ask(service) == GOOD
    assert (service.requests, service.retries) == (2, 1)
    assert len(clock.waits) == 1
    assert 0.7 <= clock.waits[0] <= 1.3


@pytest.mark.parametrize("trouble", TROUBLES)
def test_a_trouble_that_stays_is_one_sentence(trouble: str, web: Any, service: Service, clock: Any) -> None:
    """After five tries and within a minute, with the service and the address, without query or secret."""
    web.get(URL, **sent(TROUBLES[trouble]))
    with pytest.raises(UnreachableError) as caught:
        ask(service, params={"q": "private"})
    assert service.requests == 5
    assert len(clock.waits) == 4
    assert clock.elapsed <= 60
    message = caught.value.message
    assert message.startswith("Jira at https://jira.example.com/rest/x: ")
    assert "private" not in message
    assert "\n" not in message
    assert "gave up after 5 tries" in message


@pytest.mark.parametrize("trouble", MISDIRECTED)
def test_a_page_or_a_redirect_at_first_names_the_setting(trouble: str, web: Any, service: Service) -> None:
    web.get(URL, **sent(MISDIRECTED[trouble]))
    with pytest.raises(ConfigurationError) as caught:
        ask(service, params={"q": "private"})
    assert (service.requests, service.retries) == (1, 0)
    assert caught.value.message.startswith("Jira at https://jira.example.com/rest/x: ")
    assert "private" not in caught.value.message
    assert "jira.base_url" in caught.value.hint
    assert "such as https://jira.example.com" in caught.value.hint


@pytest.mark.parametrize("trouble", MISDIRECTED)
def test_a_page_or_a_redirect_after_an_answer_is_outlived(trouble: str, web: Any, service: Service) -> None:
    for answer in ({"json": GOOD}, sent(MISDIRECTED[trouble]), {"json": GOOD}):
        web.get(URL, **answer)
    assert ask(service) == ask(service) == GOOD
    assert (service.requests, service.retries) == (3, 1)


def test_the_sentence_tells_where_a_redirect_leads(web: Any, service: Service) -> None:
    web.get(URL, **sent(MISDIRECTED["redirect elsewhere"]))
    with pytest.raises(
        ConfigurationError, match=r"a redirect to login\.example\.org, which we do not follow"
    ):
        ask(service)


@pytest.mark.parametrize(
    ("trouble", "tries"),
    [
        (requests.exceptions.ConnectionError(ConnectionRefusedError(111, "refused")), 2),
        (requests.exceptions.ConnectionError(ConnectionResetError(104, "reset")), 5),
    ],
)
def test_where_somebody_waits_a_host_that_is_not_there_is_soon_given_up(
    trouble: Exception, tries: int, web: Any, service: Service
) -> None:
    service.is_watched = True
    web.get(URL, body=trouble)
    with pytest.raises(UnreachableError, match=f"gave up after {tries} tries"):
        ask(service)


def test_a_host_that_has_answered_is_waited_for(web: Any, service: Service) -> None:
    service.is_watched = True
    web.get(URL, json=GOOD)
    web.get(URL, body=requests.exceptions.ConnectionError(ConnectionRefusedError(111, "refused")))
    ask(service)
    with pytest.raises(UnreachableError, match="gave up after 5 tries"):
        ask(service)


@pytest.mark.parametrize(
    ("trouble", "words"),
    [
        ("500", "500 Internal Server Error: Internal server error"),
        ("502 with a page", "502 Bad Gateway: a web page (Bad gateway)"),
        ("504", "504 Gateway Timeout: upstream timed out"),
        ("empty body", "an empty answer"),
        ("wrong content type", "text/plain in place of JSON"),
        ("JSON cut off", "JSON that is cut off or broken"),
        ("JSON nested without end", "JSON that is cut off or broken"),
        ("JSON root is a list", "JSON that is not an object"),
        ("invalid UTF-8", "text that is not UTF-8"),
        ("bad gzip", "the answer's compression is broken"),
        ("time-out", "no answer within http.timeout_seconds"),
        ("reset", "the connection broke off"),
        ("cut off", "the answer broke off"),
    ],
)
def test_the_sentence_tells_the_likely_cause(trouble: str, words: str, web: Any, service: Service) -> None:
    web.get(URL, **sent(TROUBLES[trouble]))
    with pytest.raises(UnreachableError, match=r"Jira at .*") as caught:
        ask(service)
    assert words in caught.value.message


@pytest.mark.parametrize(
    "trouble", ["204 without a body", "wrong content type", "JSON root is a list", "no JSON", "empty body"]
)
def test_an_odd_answer_names_the_setting_until_a_good_one_came(
    trouble: str, web: Any, service: Service
) -> None:
    web.get(URL, **sent(TROUBLES[trouble]))
    with pytest.raises(UnreachableError) as caught:
        ask(service)
    assert caught.value.hint.startswith("is jira.base_url right? It is ")
    web.replace("GET", URL, json=GOOD)
    ask(service)
    web.replace("GET", URL, **sent(TROUBLES[trouble]))
    with pytest.raises(UnreachableError) as caught:
        ask(service)
    assert "base_url" not in caught.value.hint


def test_a_list_is_good_where_one_is_expected(web: Any, service: Service) -> None:
    web.get(URL, json={})
    web.get(URL, json=[1])
    assert ask(service, check=is_list) == [1]


def test_names_that_cannot_be_resolved_are_said_so(web: Any, service: Service) -> None:
    reason = urllib3.exceptions.NameResolutionError("jira.example.com", None, OSError())  # type: ignore[arg-type]
    web.get(URL, body=requests.exceptions.ConnectionError(reason))
    with pytest.raises(UnreachableError, match="cannot be resolved"):
        ask(service)


def test_a_certificate_that_cannot_be_trusted_is_not_asked_again(web: Any, service: Service) -> None:
    """Waiting does not mend it."""
    refused = ssl.SSLCertVerificationError(1, "x")
    refused.verify_message = "self-signed certificate"
    web.get(URL, body=requests.exceptions.SSLError(urllib3.exceptions.SSLError(refused)))
    with pytest.raises(UnreachableError, match="certificate that we cannot trust: self-signed") as caught:
        ask(service)
    assert service.requests == 1
    assert "REQUESTS_CA_BUNDLE" in caught.value.hint


def test_a_broken_handshake_is_asked_again(web: Any, service: Service) -> None:
    web.get(URL, body=requests.exceptions.SSLError(ssl.SSLEOFError(8, "EOF")))
    web.get(URL, json=GOOD)
    assert ask(service) == GOOD


def test_a_proxy_that_refuses_shows_no_password(web: Any, service: Service, monkeypatch: Any) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://me:hunter2@proxy:3128")
    web.get(URL, body=requests.exceptions.ProxyError("http://me:hunter2@proxy:3128"))
    with pytest.raises(UnreachableError, match="the proxy that HTTPS_PROXY names: ") as caught:
        ask(service)
    assert "hunter2" not in caught.value.message


def test_slow_troubles_end_after_a_minute(web: Any, service: Service, clock: Any) -> None:
    """Each try may take long itself: from the first failure on we try for a minute."""

    def slow(_request: Any) -> Any:
        clock.elapsed += 28  # whatever the jitter of the waits between
        raise requests.exceptions.ReadTimeout

    web.add_callback("GET", URL, slow)
    with pytest.raises(UnreachableError, match="gave up after 3 tries"):
        ask(service)


REFUSALS = [
    (400, QueryRefusedError),
    (401, CredentialsError),
    (403, CredentialsError),
    (404, ConfigurationError),
    (405, WorksupportError),
    (407, UnreachableError),
    (410, ConfigurationError),
    (413, QueryRefusedError),
    (414, QueryRefusedError),
    (422, QueryRefusedError),
]


@pytest.mark.parametrize(("status", "error"), REFUSALS)
def test_a_refusal_is_not_asked_again(
    status: int, error: type[Exception], web: Any, service: Service
) -> None:
    web.get(URL, status=status, json={"errorMessages": ["Nein."], "errors": {}})
    with pytest.raises(error, match=f"{status} .*: Nein\\.") as caught:
        ask(service)
    assert type(caught.value) is error
    assert service.requests == 1


@pytest.mark.parametrize(
    ("body", "content_type", "words"),
    [
        (
            b'{"errorMessages": ["One.", "Two."], "errors": {"jql": "Three."}}',
            "application/json",
            "One. Two. jql: Three.",
        ),
        (b'{"errorMessages": ["Alone."]}', "application/json;charset=UTF-8", "Alone."),
        (b'{"message": "M", "status-code": 500, "stack-trace": ""}', "application/json", "M"),
        (
            b'{"type": "about:blank", "title": "Bad Request", "status": 400, "detail": "D"}',
            "application/problem+json",
            "Bad Request D",
        ),
        (
            b'{"error": "Failed to parse Connect Session Auth Token"}',
            "application/json",
            "Failed to parse Connect",
        ),
        (b'{"message": "M", "errors": [{"message": "N", "code": "invalid"}]}', "application/json", "M N"),
        (b'{"message": "M", "errors": "a string"}', "application/json", "M a string"),
        (b'{"error": {"code": 7}}', "application/json", "400 Bad Request"),
        (b"One line\nand more", "text/plain", "One line"),
        (b"<html><head><TITLE> 400\n No </TITLE>", "text/html", "a web page (400 No)"),
        (b"<p>x", "text/html", "a web page from a log-in"),
        (b"", "application/json", "400 Bad Request"),
        (b"\xff\xfe", "text/plain", "\ufffd"),
        (b'"\\u001b[31mred\\u202e"', "application/json", r"\x1b[31mred\u202e"),
        (b"[" * 5000, "application/json", "400 Bad Request"),
    ],
)
def test_every_form_of_error_body_becomes_words(
    body: bytes, content_type: str, words: str, web: Any, service: Service
) -> None:
    """The forms of sources/jira/README.md, "Errors", and GitHub's; never a traceback or an escape code."""
    web.get(URL, status=400, body=body, content_type=content_type)
    with pytest.raises(QueryRefusedError) as caught:
        ask(service)
    assert words in caught.value.message
    assert len(caught.value.message) < 500
    assert caught.value.message.isprintable()


def test_a_secret_that_comes_back_is_hidden(web: Any, service: Service) -> None:
    web.get(URL, status=400, json={"message": "bad header: Bearer s3cret"})
    with pytest.raises(QueryRefusedError, match=r"bad header: Bearer \*\*\*"):
        ask(service)


def test_an_accepted_status_is_the_callers_to_read(web: Any, service: Service) -> None:
    web.get(URL, status=404, json={"message": "gone"})
    answer = service.request("GET", "/rest/x", accept=(404,))
    assert (answer.status, answer.document) == (404, None)


def test_a_stop_request_ends_a_wait(web: Any, service: Service, clock: Any) -> None:
    web.get(URL, status=503)
    clock.sleep = lambda _seconds: (clock.request_stop(), clock.check())
    with pytest.raises(InterruptedRunError):
        ask(service)
    assert service.requests == 1


def test_the_log_has_no_secrets(web: Any, service: Service, caplog: Any) -> None:
    """Method, path, status, duration and size at debug; waits with reason, seconds and end at warning."""
    web.get(URL, status=503, body="private body")
    web.get(URL, json={"private": "body"})
    caplog.set_level(logging.DEBUG, "worksupport")
    ask(service, params={"q": "private query"})
    details = [record.fields for record in caplog.records if hasattr(record, "fields")]
    assert details[0] == {
        "service": "Jira",
        "method": "GET",
        "address": URL,
        "status": 503,
        "seconds": 0.0,
        "bytes": 12,
    }
    wait = next(record for record in caplog.records if record.levelno == logging.WARNING)
    assert "503 Service Unavailable" in wait.getMessage()
    assert wait.fields["until"].startswith("2026-11-22T12:00:0")
    assert "query" not in str(details) + caplog.text


def test_gzip_is_understood(web: Any, service: Service) -> None:
    web.get(
        URL,
        body=gzip.compress(b'{"a": 1}'),
        headers={"Content-Encoding": "gzip"},
        content_type="application/json",
    )
    assert ask(service) == {"a": 1}
