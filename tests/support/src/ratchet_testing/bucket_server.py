"""A stand-in for an S3 object store: an object is either complete or missing."""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from typing import IO
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

_NS = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'


@dataclass
class Bucket:
    """`objects` by `bucket/key`; `uploads` holds the parts of incomplete uploads."""

    url: str = ""
    objects: dict[str, bytes] = field(default_factory=dict)
    uploads: dict[str, dict[int, bytes]] = field(default_factory=dict)
    lists: int = 0


def chunks(source: IO[bytes]) -> Iterator[bytes]:
    """Decode a chunked body (HTTP or S3): each chunk follows its size; trailers are skipped."""
    while size := int(source.readline().split(b";")[0], 16):
        yield source.read(size)
        source.readline()
    while source.readline().strip():
        pass


def handler_of(bucket: Bucket) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def log_message(self, *_: object) -> None:
            """Log nothing."""

        def _asked(self) -> tuple[str, dict[str, str]]:
            url = urlsplit(self.path)
            told = parse_qs(url.query, keep_blank_values=True)
            return unquote(url.path).strip("/"), {key: v[0] for key, v in told.items()}

        def _body(self) -> bytes:
            if self.headers.get("Transfer-Encoding") != "chunked":
                return self.rfile.read(int(self.headers.get("Content-Length", 0)))
            body = b"".join(chunks(self.rfile))
            encoding = self.headers.get("Content-Encoding", "")
            return b"".join(chunks(BytesIO(body))) if "aws-chunked" in encoding else body

        def _answer(self, status: int, body: bytes = b"", **headers: str) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name.replace("_", "-"), value)
            if "Content_Length" not in headers:
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        def do_PUT(self) -> None:
            key, told = self._asked()
            content = self._body()
            if "uploadId" in told:
                bucket.uploads[key][int(told["partNumber"])] = content
            else:
                bucket.objects[key] = content
            self._answer(200, ETag='"x"')

        def do_DELETE(self) -> None:
            key, _ = self._asked()
            bucket.objects.pop(key, None)
            self._answer(204)

        def do_POST(self) -> None:
            key, told = self._asked()
            self._body()
            if "uploads" in told:
                bucket.uploads[key] = {}
                name, inner = "Initiate", "<UploadId>1</UploadId>"
            else:
                parts = bucket.uploads.pop(key)
                bucket.objects[key] = b"".join(parts[number] for number in sorted(parts))
                name, inner = "Complete", '<ETag>"x"</ETag>'
            name = f"{name}MultipartUploadResult"
            self._answer(200, f"<{name} {_NS}>{inner}</{name}>".encode())

        def do_HEAD(self) -> None:
            key, _ = self._asked()
            if "/" not in key:
                return self._answer(200)
            if key not in bucket.objects:
                return self._answer(404)
            size = str(len(bucket.objects[key]))
            return self._answer(200, Content_Length=size, ETag='"x"')

        def do_GET(self) -> None:
            key, told = self._asked()
            if "/" not in key:
                bucket.lists += 1
                return self._answer(200, _listed(bucket, key, told))
            if key not in bucket.objects:
                return self._answer(404)
            content = bucket.objects[key]
            start, end = re.findall(r"\d+", self.headers.get("Range", f"0-{len(content)}"))
            part = content[int(start) : int(end) + 1]
            where = f"bytes {start}-{int(start) + len(part) - 1}/{len(content)}"
            return self._answer(206, part, Content_Range=where, ETag='"x"')

    return Handler


def _listed(bucket: Bucket, name: str, told: dict[str, str]) -> bytes:
    prefix = told.get("prefix", "")
    keys = sorted(key.removeprefix(f"{name}/") for key in bucket.objects)
    found = [key for key in keys if key.startswith(prefix)]
    contents = "".join(
        f"<Contents><Key>{escape(key)}</Key><Size>{len(bucket.objects[f'{name}/{key}'])}</Size>"
        "<LastModified>2026-01-01T00:00:00.000Z</LastModified></Contents>"
        for key in found
    )
    count = f"<KeyCount>{len(found)}</KeyCount><IsTruncated>false</IsTruncated>"
    return f"<ListBucketResult {_NS}>{count}{contents}</ListBucketResult>".encode()


@contextmanager
def bucket_server() -> Iterator[Bucket]:
    """Yield a bucket; its `url` is the URL of an archive."""
    bucket = Bucket()
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler_of(bucket))
    place = f"127.0.0.1:{server.server_address[1]}"
    bucket.url = f"s3://key:secret@plant/events?endpoint_override={place}&scheme=http&region=x"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield bucket
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
