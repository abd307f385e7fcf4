"""A bucket in memory with the part of the S3 protocol that downloads need, as fast as one process can be.

`python s3_server.py SMALL SMALL_BYTES LARGE LARGE_BYTES` prints the port it listens on, and serves the keys
`small/00000.bin` ... and `large/00.bin` ... of the bucket `bench` until its input ends.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
import sys
from dataclasses import dataclass
from urllib.parse import parse_qs, unquote, urlsplit

_RANGE = re.compile(rb"(?im)^range: bytes=(\d+)-(\d*)")
_PAGE = 1000
_DATE = "Tue, 26 Oct 2021 00:00:00 GMT"


@dataclass(frozen=True)
class Object:
    """One object: its bytes are a slice of memory that all objects share."""

    body: memoryview
    etag: str


def make_bucket(small: int, small_bytes: int, large: int, large_bytes: int) -> dict[str, Object]:
    """Distinct objects, in the order of their keys."""
    block = hashlib.shake_128(b"copytrace").digest(1 << 20)
    memory = memoryview(block * (max(small_bytes, large_bytes) // len(block) + 2))
    sizes = [(f"large/{number:02d}.bin", large_bytes) for number in range(large)]
    sizes += [(f"small/{number:05d}.bin", small_bytes) for number in range(small)]
    return {
        key: Object(memory[number : number + size], f'"{number:032x}"')
        for number, (key, size) in enumerate(sizes)
    }


class Connection(asyncio.Protocol):
    """Answers the requests of one connection."""

    def __init__(self, bucket: dict[str, Object]) -> None:
        self._bucket = bucket
        self._received = b""
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client has connected."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - a TCP server gives no other
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer every request that is complete; none has a body."""
        self._received += data
        while b"\r\n\r\n" in self._received:
            request, _, self._received = self._received.partition(b"\r\n\r\n")
            self._answer(request)

    def _answer(self, request: bytes) -> None:
        method, target, _ = request.split(b" ", 2)
        parts = urlsplit(target.decode())
        key = unquote(parts.path).removeprefix("/bench").lstrip("/")
        if not key:
            self._reply("200 OK", self._listing(parse_qs(parts.query)), "Content-Type: application/xml\r\n")
        elif (found := self._bucket.get(key)) is None:
            self._reply("404 Not Found", b"<Error><Code>NoSuchKey</Code></Error>", "")
        else:
            self._send(found, request, head=method == b"HEAD")

    def _send(self, found: Object, request: bytes, *, head: bool) -> None:
        headers = f"ETag: {found.etag}\r\nLast-Modified: {_DATE}\r\nAccept-Ranges: bytes\r\n"
        body, total, status = found.body, len(found.body), "200 OK"
        if asked := _RANGE.search(request):
            first, last = int(asked[1]), min(int(asked[2] or total), total - 1)
            body, status = body[first : last + 1], "206 Partial Content"
            headers += f"Content-Range: bytes {first}-{last}/{total}\r\n"
        self._reply(status, body, headers, head=head)

    def _reply(self, status: str, body: bytes | memoryview, headers: str, *, head: bool = False) -> None:
        start = f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n{headers}\r\n".encode()
        self._transport.writelines([start] if head else [start, body])

    def _listing(self, query: dict[str, list[str]]) -> bytes:
        """A page of ListObjectsV2."""
        prefix = query.get("prefix", [""])[0]
        after = query.get("continuation-token", [""])[0]
        keys = [key for key in self._bucket if key.startswith(prefix) and key > after]
        rows = "".join(
            f"<Contents><Key>{key}</Key><LastModified>2021-10-26T00:00:00.000Z</LastModified>"
            f"<ETag>{self._bucket[key].etag}</ETag><Size>{len(self._bucket[key].body)}</Size>"
            "<StorageClass>STANDARD</StorageClass></Contents>"
            for key in keys[:_PAGE]
        )
        more = len(keys) > _PAGE
        token = f"<NextContinuationToken>{keys[_PAGE - 1]}</NextContinuationToken>" if more else ""
        return (
            '<?xml version="1.0" encoding="UTF-8"?>'
            '<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>bench</Name>'
            f"<Prefix>{prefix}</Prefix><KeyCount>{len(keys[:_PAGE])}</KeyCount><MaxKeys>{_PAGE}</MaxKeys>"
            f"<IsTruncated>{str(more).lower()}</IsTruncated>{token}{rows}</ListBucketResult>"
        ).encode()


async def serve(bucket: dict[str, Object]) -> None:
    """Serve on a free port of the loopback device until the standard input ends."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(bucket), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(serve(make_bucket(*map(int, sys.argv[1:5]))))
