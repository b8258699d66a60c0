"""
Pack what a browser was served into a WACZ: one file that any web archive player shows.

Written after the WACZ 1.1.1 specification (https://specs.webrecorder.net/wacz/1.1.1/) and the
CDXJ one (https://specs.webrecorder.net/cdxj/0.1.0/); the records inside are warcio's.
"""

import io
import json
import re
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, Final
from urllib.parse import urlsplit

from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from lurewatch import __version__

VERSION: Final = "1.1.1"
ARCHIVE: Final = "archive/data.warc.gz"
SHORT: Final = re.compile(r"[\r\n]+")  # a header's value is one line
UNPACKED: Final = (
    "content-encoding",
    "transfer-encoding",
    "content-length",
    "set-cookie",
    "cookie",
)


@dataclass(frozen=True, slots=True)
class Exchange:
    """One answer that a browser was given."""

    url: str
    method: str
    status: int
    reason: str
    headers: tuple[tuple[str, str], ...]
    body: bytes  # unpacked


def surt(url: str) -> str:
    """
    An address as indexes sort it: the host's labels from the right, then the path.

    >>> surt("https://www.Example.com/A?b=1"), surt("http://127.0.0.1:8/x")
    ('com,example)/a?b=1', '127.0.0.1:8)/x')
    """
    parts = urlsplit(url)
    host = (parts.hostname or "").removeprefix("www.")
    labels = host if host.replace(".", "").isdigit() else ",".join(reversed(host.split(".")))
    port = f":{parts.port}" if parts.port and parts.port not in (80, 443) else ""
    query = f"?{parts.query}" if parts.query else ""
    return f"{labels}{port}){parts.path or '/'}{query}".lower()


def pack(exchanges: Sequence[Exchange], url: str, title: str, text: str, at: datetime) -> bytes:
    """The bytes of a WACZ whose main page is *url*; without a cookie, whatever was served."""
    warc, lines = _records(exchanges, at)
    stamp = at.strftime("%Y-%m-%dT%H:%M:%SZ")
    head = {"format": "json-pages-1.0", "id": "pages", "title": "All Pages", "hasText": True}
    page = {"id": "1", "url": url, "ts": stamp, "title": title[:200], "text": text}
    files = {
        ARCHIVE: warc,
        "indexes/index.cdx": "".join(sorted(lines)).encode(),
        "pages/pages.jsonl": "".join(_json(one) + "\n" for one in (head, page)).encode(),
    }
    package = {
        "profile": "data-package",
        "wacz_version": VERSION,
        "software": f"lurewatch {__version__}",
        "created": stamp,
        "mainPageUrl": url,
        "mainPageDate": stamp,
        "resources": [
            {
                "name": name.rpartition("/")[2],
                "path": name,
                "hash": f"sha256:{sha256(content).hexdigest()}",
                "bytes": len(content),
            }
            for name, content in files.items()
        ],
    }
    described = json.dumps(package, indent=2).encode()
    digest = {"path": "datapackage.json", "hash": f"sha256:{sha256(described).hexdigest()}"}
    files["datapackage.json"] = described
    files["datapackage-digest.json"] = json.dumps(digest, indent=2).encode()
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name, at.timetuple()[:6]), content)
    return packed.getvalue()


def _records(exchanges: Sequence[Exchange], at: datetime) -> tuple[bytes, list[str]]:
    """The WARC, and a line of the index for each answer in it."""
    file, lines = io.BytesIO(), []
    writer = WARCWriter(file, gzip=True)
    written = at.strftime("%Y-%m-%dT%H:%M:%SZ")
    for one in exchanges:
        begun = file.tell()
        record = _record(writer, one, written)
        writer.write_record(record)
        record.raw_stream.close()  # warcio's own copy of the body
        facts = {
            "url": one.url,
            "mime": _header(one, "content-type").partition(";")[0].strip()
            or "application/octet-stream",
            "status": str(one.status),
            "digest": record.rec_headers.get_header("WARC-Payload-Digest"),
            "length": str(file.tell() - begun),
            "offset": str(begun),
            "filename": ARCHIVE.rpartition("/")[2],
        }
        lines.append(f"{surt(one.url)} {at:%Y%m%d%H%M%S} {_json(facts)}\n")
    return file.getvalue(), lines


def _record(writer: Any, one: Exchange, written: str) -> Any:
    """One answer as a record; its body is kept unpacked, and its headers say so."""
    kept = [
        (name, SHORT.sub(" ", value)) for name, value in one.headers if name.lower() not in UNPACKED
    ]
    headers = [*kept, ("Content-Length", str(len(one.body)))]
    line = f"{one.status} {one.reason}".strip()
    return writer.create_warc_record(
        one.url,
        "response",
        payload=io.BytesIO(one.body),
        http_headers=StatusAndHeaders(line, headers, protocol="HTTP/1.1"),
        warc_headers_dict={"WARC-Date": written},
    )


def _header(one: Exchange, name: str) -> str:
    return next((value for found, value in one.headers if found.lower() == name), "")


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=True)
