"""HTTP as the installer does it: one attempt, a minute for all of it, no redirects, and 200 or 201 alone are good."""

import urllib.error
import urllib.request

AGENT = "ureq/3.0.11"


class Failed(Exception):
    pass


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        raise Failed("http error: redirect failed")


def ask(url, body=None, headers=None, limit=10_000_000):
    """What comes back, and as what; the first two statuses are enough, others are told with their text."""
    request = urllib.request.Request(
        url, data=body, method="POST" if body is not None else "GET", headers={"User-Agent": AGENT, **(headers or {})})
    try:
        with urllib.request.build_opener(NoRedirect).open(request, timeout=60) as answer:
            content = answer.read(limit)
            if answer.status not in (200, 201):
                raise Failed(f"http error: {answer.status}: {content.decode(errors='replace')}")
            return content, answer.headers.get("Content-Type", "")
    except urllib.error.HTTPError as error:
        raise Failed(f"http error: {error.code}: {error.read(limit).decode(errors='replace')}") from error
    except OSError as error:
        raise Failed(f"error sending request: {getattr(error, 'reason', error)}") from error
