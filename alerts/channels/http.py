"""One POST to an address that was checked: no private targets, no redirects, nothing leaked."""

from __future__ import annotations

import ipaddress
import math
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

import urllib3
from urllib3.exceptions import HTTPError, MaxRetryError, SSLError

from alerts.channels.config import Surroundings
from alerts.channels.errors import Permanent, Temporary, Throttled

_LONGEST_ANSWER = 4096
_LONGEST_WAIT = 3600.0


@dataclass(frozen=True)
class Answer:
    """What the server said."""

    status: int
    body: str
    retry_after: float | None


def post(
    url: str, body: bytes, headers: Mapping[str, str], around: Surroundings, method: str = "POST"
) -> Answer:
    """Send; any answer is returned. Raises Temporary or Permanent when there is none.

    The name is looked up once and the connection goes to the address that was judged, so that a
    name that changes its mind between look-up and call reaches nothing private.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise Permanent("The address must begin with https:// and name a server.")
    port = parts.port or (443 if parts.scheme == "https" else 80)
    address = _judged(parts.hostname, port, around.allow_private)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    with _pool(parts.scheme, parts.hostname, address, port, around) as pool:
        return _answer(pool, method, target, body, {**headers, "Host": parts.netloc.split("@")[-1]})


def _judged(host: str, port: int, allow_private: bool) -> str:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise Temporary(f"The name {host} cannot be found.") from None
    addresses = [str(entry[4][0]) for entry in found]
    if not allow_private and not all(_public(address) for address in addresses):
        raise Permanent(
            f"{host} is a private or local address; ALERT_ALLOW_PRIVATE_TARGETS=true allows it."
        )
    return addresses[0]


# Carries an IPv4 address in its last 32 bits on networks without IPv4 (RFC 6052).
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


def _public(address: str) -> bool:
    parsed = ipaddress.ip_address(address.split("%", maxsplit=1)[0])
    mapped = getattr(parsed, "ipv4_mapped", None) or getattr(parsed, "sixtofour", None)
    if parsed in _NAT64:
        mapped = ipaddress.IPv4Address(int(parsed) & 0xFFFFFFFF)
    if mapped is not None:
        parsed = mapped
    return parsed.is_global and not parsed.is_multicast


def _pool(
    scheme: str, host: str, address: str, port: int, around: Surroundings
) -> urllib3.HTTPConnectionPool:
    timeout = urllib3.Timeout(connect=min(5.0, around.timeout), read=around.timeout)
    if scheme == "http":
        return urllib3.HTTPConnectionPool(address, port, timeout=timeout, retries=False)
    return urllib3.HTTPSConnectionPool(
        address,
        port,
        timeout=timeout,
        retries=False,
        ssl_context=around.trust or ssl.create_default_context(),
        server_hostname=host,
        assert_hostname=host,
    )


def _answer(
    pool: urllib3.HTTPConnectionPool,
    method: str,
    target: str,
    body: bytes,
    headers: Mapping[str, str],
) -> Answer:
    try:
        reply = pool.urlopen(
            method, target, body=body, headers=dict(headers), redirect=False, preload_content=False
        )
        text = reply.read(_LONGEST_ANSWER).decode("utf-8", "replace")
        reply.release_conn()
    except (SSLError, ssl.SSLError) as error:
        raise _untrusted(error) from None
    except urllib3.exceptions.NewConnectionError:  # which urllib3 takes for a timeout
        raise Temporary("The server cannot be reached.") from None
    except urllib3.exceptions.TimeoutError:
        raise Temporary("The server did not answer in time.") from None
    except (MaxRetryError, HTTPError, OSError):
        raise Temporary("The server cannot be reached.") from None
    return Answer(reply.status, text, _seconds(reply.headers.get("Retry-After")))


def _untrusted(error: Exception) -> Permanent | Temporary:
    if "CERTIFICATE_VERIFY_FAILED" in str(error):
        return Permanent("The server's certificate is not trusted.")
    return Temporary("No secure connection could be made to the server.")


def judge(answer: Answer, receiver: str, said: str = "") -> None:
    """Raise what an answer that is not a success means; the caller scrubs `said`."""
    reason = f"{receiver} answered {answer.status}{f': {said}' if said else ''}."
    if 200 <= answer.status < 300:
        return
    if answer.status == 429:
        raise Throttled(reason, answer.retry_after)
    if answer.status in (408, 425) or answer.status >= 500:
        raise Temporary(reason, answer.retry_after)
    raise Permanent(reason)


def _seconds(text: str | None) -> float | None:
    """Retry-After as seconds: a number of them, or a date."""
    if not text:
        return None
    try:
        wait = float(text)
    except ValueError:
        try:
            wait = (parsedate_to_datetime(text) - datetime.now(UTC)).total_seconds()
        except (ValueError, TypeError):
            return None
    return min(max(wait, 0.0), _LONGEST_WAIT) if math.isfinite(wait) else None
