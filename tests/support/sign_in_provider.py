"""A provider of OpenID Connect for tests: who asks first is signed in as the next name.

The endpoints are those of OpenID Connect Core 1.0 and Discovery 1.0, of which the code
flow is served.
"""

import contextlib
import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT = "workbench"


class Provider:
    """A running provider; `person` is whom it signs in next, by subject and claims."""

    def __init__(self) -> None:
        self.key = RSAKey.generate_key(2048, {"kid": "one"})
        self.person: dict[str, object] = {}
        self._asked: dict[str, dict[str, object]] = {}
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.address = f"http://127.0.0.1:{self.server.server_port}"

    def metadata(self) -> dict[str, object]:
        """Return where the endpoints are."""
        return {
            "issuer": self.address,
            "authorization_endpoint": f"{self.address}/authorize",
            "token_endpoint": f"{self.address}/token",
            "jwks_uri": f"{self.address}/keys",
            "response_types_supported": ["code"],
            "id_token_signing_alg_values_supported": ["RS256"],
        }

    def authorized(self, query: dict[str, str]) -> str:
        """Sign a person in; return the address to which the browser is sent back."""
        code = str(len(self._asked))
        self._asked[code] = {**self.person, "nonce": query.get("nonce", "")}
        back = urlencode({"code": code, "state": query["state"]})
        return f"{query['redirect_uri']}?{back}"

    def token(self, form: dict[str, str]) -> dict[str, object]:
        """Return the signed claims about the person with a code."""
        now = int(time.time())
        claims = {"iss": self.address, "aud": CLIENT, "iat": now, "exp": now + 3600}
        claims |= self._asked.pop(form["code"])
        signed = jwt.encode({"alg": "RS256", "kid": "one"}, claims, self.key)
        return {"access_token": "none", "token_type": "Bearer", "id_token": signed}

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                asked = urlsplit(self.path)
                if asked.path == "/authorize":
                    query = {
                        key: each[0] for key, each in parse_qs(asked.query).items()
                    }
                    self.send_response(302)
                    self.send_header("Location", provider.authorized(query))
                    self.end_headers()
                elif asked.path == "/keys":
                    self.answer({"keys": [provider.key.as_dict(private=False)]})
                else:
                    self.answer(provider.metadata())

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                form = {key: each[0] for key, each in parse_qs(body).items()}
                self.answer(provider.token(form))

            def answer(self, content: dict[str, object]) -> None:
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.end_headers()
                self.wfile.write(json.dumps(content).encode())

            def log_message(self, *_: object) -> None:
                pass

        return Handler


@contextlib.contextmanager
def sign_in_provider() -> Iterator[Provider]:
    """Run a provider on a free port of this machine."""
    provider = Provider()
    thread = threading.Thread(target=provider.server.serve_forever)
    thread.start()
    try:
        yield provider
    finally:
        provider.server.shutdown()
        thread.join()
        provider.server.server_close()


def secrets(provider: Provider, address: str) -> str:
    """Return the secrets of a server at an address, which signs people in there."""
    return f"""[auth]
redirect_uri = "{address}/oauth2callback"
cookie_secret = "of this test alone, and long enough for a signature"

[auth.university]
client_id = "{CLIENT}"
client_secret = "secret"
server_metadata_url = "{provider.address}/.well-known/openid-configuration"
"""
