"""The REST API as a client of it uses it: nothing here knows the database."""

from collections.abc import Iterator
from pathlib import Path
from time import sleep
from typing import Any, Final

import requests

_PAGE: Final = 1000
_POLL_SECONDS: Final = 0.1


class Refused(Exception):
    """The API said no; the message is its own sentence."""


class Client:
    """Speaks for one user in one engagement."""

    def __init__(self, base_url: str, email: str, password: str) -> None:
        self.root = f"{base_url}/api/v1"
        self.session = requests.Session()
        tokens = self._send("POST", "/auth/token", json={"email": email, "password": password})
        self.session.headers["Authorization"] = f"Bearer {tokens['access']}"
        membership = self._send("GET", "/auth/me")["memberships"][0]
        self.session.headers["X-Client-Account-Id"] = membership["client_account_id"]
        self.session.headers["X-Engagement-Id"] = membership["engagements"][0]["id"]

    def upload(self, path: Path) -> dict[str, Any]:
        with path.open("rb") as file:
            made: dict[str, Any] = self._send(
                "POST", "/data-import/", files={"file": (path.name, file)}
            )
        return made

    def start_flow(self, name: str, data_import_id: str) -> dict[str, Any]:
        body = {"flow_name": name, "data_import_id": data_import_id}
        started: dict[str, Any] = self._send("POST", "/discovery/flows", json=body)
        return started

    def follow(self, flow_id: str) -> Iterator[dict[str, Any]]:
        """The flow, again and again until it has come to rest."""
        while True:
            flow = self._send("GET", f"/flows/{flow_id}")
            yield flow
            if flow["status"] != "running":
                return
            sleep(_POLL_SECONDS)

    def count(self, path: str, **filters: str) -> int:
        total: int = self._send("GET", path, params={"page_size": 1, **filters})["total"]
        return total

    def items(self, path: str, **filters: str) -> Iterator[dict[str, Any]]:
        page = 1
        while True:
            answer = self._send("GET", path, params={"page": page, "page_size": _PAGE, **filters})
            yield from answer["items"]
            if page * _PAGE >= answer["total"]:
                return
            page += 1

    def enumeration(self, name: str) -> list[str]:
        catalogue = self._send("GET", "/assets/fields")["items"]
        return next(field["values"] for field in catalogue if field["name"] == name)

    def _send(self, method: str, path: str, **kwargs: Any) -> Any:
        answer = self.session.request(method, self.root + path, timeout=60, **kwargs)
        if not answer.ok:
            raise Refused(answer.json().get("detail", answer.reason))
        return answer.json()
