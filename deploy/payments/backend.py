"""localstripe as the front calls it."""

from typing import Any

import aiohttp

from deploy.payments.wire import Body, Pairs, Refusal, read, written

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
# Its lists stop at ten unless told otherwise.
EVERYTHING = "100000"


class Backend:
    """One connection pool to localstripe's socket."""

    def __init__(self, socket: str, secret_key: str) -> None:
        self._session = aiohttp.ClientSession(
            connector=aiohttp.UnixConnector(socket), headers={"Authorization": f"Bearer {secret_key}"}
        )

    async def call(self, method: str, path: str, pairs: Pairs) -> tuple[int, Body]:
        """Ask as the secret key's owner."""
        where: dict[str, Any] = {"params": pairs} if method in ("GET", "DELETE") else {"data": written(pairs)}
        async with self._session.request(method, f"http://localstripe{path}", headers=FORM, **where) as got:
            return got.status, read(await got.read())

    async def browser(self, path: str, query: str, body: bytes) -> tuple[int, Body]:
        """Pass a browser's call on; it has no secret key."""
        url = f"http://localstripe{path}{f'?{query}' if query else ''}"
        async with self._session.post(url, data=body, headers={"Authorization": ""}) as got:
            return got.status, read(await got.read())

    async def script(self) -> bytes:
        async with self._session.get("http://localstripe/js.stripe.com/v3/") as got:
            return await got.read()

    async def get(self, kind: str, id: str, *expand: str) -> Body:
        """An object by its id. Raises Refusal when there is none."""
        pairs = [(f"expand[{number}]", path) for number, path in enumerate(expand)]
        status, body = await self.call("GET", f"/v1/{kind}/{id}", pairs)
        if status != 200:
            raise Refusal(404, f"No such {kind}: {id}", "resource_missing")
        return body

    async def all(self, kind: str) -> list[Body]:
        _, body = await self.call("GET", f"/v1/{kind}", [("limit", EVERYTHING)])
        return list(body.get("data", []))

    async def close(self) -> None:
        await self._session.close()
