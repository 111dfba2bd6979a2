"""Where charts come from, on loopback: an HTTP chart repository and an OCI registry, both counting what they serve."""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import json
import re
import tarfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

CONFIG_TYPE = "application/vnd.cncf.helm.config.v1+json"
LAYER_TYPE = "application/vnd.cncf.helm.chart.content.v1.tar+gzip"
MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json"


def chart_archive(name: str, version: str, extra: Mapping[str, str] | None = None) -> bytes:
    """A chart as `helm package` would make it."""
    files = {
        "Chart.yaml": f"apiVersion: v2\nname: {name}\nversion: {version}\n",
        "values.yaml": "colour: blue\n",
        "templates/configmap.yaml": (
            "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Release.Name }}\n"
            f"data:\n  version: {version!r}\n  colour: {{{{ .Values.colour }}}}\n"
        ),
        **(extra or {}),
    }
    return archive_of({f"{name}/{path}": text for path, text in files.items()})


def archive_of(files: Mapping[str, str]) -> bytes:
    """Any texts as a .tgz, by whatever paths are given; a text ``-> PATH`` is a link."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for path, text in files.items():
            entry = tarfile.TarInfo(path)
            if text.startswith("-> "):
                entry.type, entry.linkname = tarfile.SYMTYPE, text.removeprefix("-> ")
                archive.addfile(entry)
                continue
            entry.size = len(text.encode())
            archive.addfile(entry, io.BytesIO(text.encode()))
    return gzip.compress(buffer.getvalue(), mtime=0)


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@dataclass
class Server:
    """A server on loopback: what it has, who may come, what was asked of it."""

    answers: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    """Path → content type and body."""
    login: tuple[str, str] | None = None
    token: str = ""
    """What a registry wants instead of the login, which gets it at ``/token``."""
    asked: list[str] = field(default_factory=list)
    authorised: list[str] = field(default_factory=list)
    """The paths that were asked for with a right login."""
    port: int = 0

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        return f"http://{self.host}"

    def lets_in(self, path: str, authorization: str | None) -> bool:
        """Whether the path may be read with this header; with a token the login is for ``/token`` alone."""
        if self.token and path != "/token":
            return authorization == f"Bearer {self.token}"
        if self.login is None:
            return True
        wanted = base64.b64encode(":".join(self.login).encode()).decode()
        if authorization == f"Basic {wanted}":
            self.authorised.append(path)
            return True
        return False

    # --- a chart repository

    def publish(self, *archives: tuple[str, str, bytes], digests: Mapping[str, str] | None = None) -> None:
        """Serve these charts (name, version, archive) under an index."""
        entries: dict[str, list[dict[str, object]]] = {}
        for name, version, archive in archives:
            file = f"{name}-{version}.tgz"
            self.answers[f"/{file}"] = ("application/gzip", archive)
            digest = (digests or {}).get(file, sha256(archive))
            entry: dict[str, object] = {
                "apiVersion": "v2",
                "name": name,
                "version": version,
                "urls": [file],
                "digest": digest,
            }
            entries.setdefault(name, []).append(entry)
        index = {"apiVersion": "v1", "entries": entries, "generated": "2024-01-01T00:00:00Z"}
        self.answers["/index.yaml"] = ("application/yaml", json.dumps(index).encode())

    # --- a registry

    def push(self, repository: str, tag: str, archive: bytes) -> str:
        """Put a chart into the registry; gives the manifest's digest."""
        config = json.dumps({"name": repository.rpartition("/")[2], "version": tag, "apiVersion": "v2"}).encode()
        manifest = json.dumps(
            {
                "schemaVersion": 2,
                "mediaType": MANIFEST_TYPE,
                "config": self._blob(repository, CONFIG_TYPE, config),
                "layers": [self._blob(repository, LAYER_TYPE, archive)],
            }
        ).encode()
        digest = f"sha256:{sha256(manifest)}"
        base = f"/v2/{repository}"
        for reference in (tag, digest):
            self.answers[f"{base}/manifests/{reference}"] = (MANIFEST_TYPE, manifest)
        _, listed = self.answers.get(f"{base}/tags/list", ("", b'{"tags": []}'))
        tags = [*json.loads(listed)["tags"], tag]
        body = json.dumps({"name": repository, "tags": tags}).encode()
        self.answers[f"{base}/tags/list"] = ("application/json", body)
        self.answers.setdefault("/v2/", ("application/json", b"{}"))
        return digest

    def _blob(self, repository: str, kind: str, data: bytes) -> dict[str, object]:
        digest = f"sha256:{sha256(data)}"
        self.answers[f"/v2/{repository}/blobs/{digest}"] = ("application/octet-stream", data)
        return {"mediaType": kind, "digest": digest, "size": len(data)}


@contextmanager
def serving(login: tuple[str, str] | None = None) -> Iterator[Server]:
    """A running server; nothing of it is left afterwards."""
    server = Server(login=login)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._answer(body=True)

        def do_HEAD(self) -> None:
            self._answer(body=False)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

        def _answer(self, *, body: bool) -> None:
            path = re.sub(r"\?.*", "", self.path)
            server.asked.append(path)
            if not server.lets_in(path, self.headers.get("Authorization")):
                self._send(401, "text/plain", b"who are you?", body=body)
                return
            kind, data = server.answers.get(path, ("", b""))
            if kind:
                self._send(200, kind, data, body=body)
            else:
                self._send(404, "application/json", b'{"errors": [{"code": "NAME_UNKNOWN"}]}', body=body)

        def _send(self, status: int, kind: str, data: bytes, *, body: bool) -> None:
            self.send_response(status)
            if status == 401:
                bearer = f'Bearer realm="{server.url}/token",service="images"'
                self.send_header("WWW-Authenticate", bearer if server.token else 'Basic realm="charts"')
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(data)))
            if "/manifests/" in self.path:
                self.send_header("Docker-Content-Digest", f"sha256:{sha256(data)}")
            self.end_headers()
            if body:
                self.wfile.write(data)

    httpd = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    httpd.daemon_threads = True
    server.port = httpd.server_address[1]
    thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server
    finally:
        httpd.shutdown()
        httpd.server_close()
        thread.join()
