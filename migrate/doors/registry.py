"""The door to chart repositories and registries: one chart at a time, fetched and checked by Helm's own library.

Only ``migrate charts pull`` opens it. Credentials go to the library and nowhere else: not into messages, not onto
the disk but for a file that lives as long as the fetching.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import helm_python
from helm_python import RegistryClient, _native

from migrate.doors.charts import ChartError, unpack
from migrate.doors.helm import HelmError, parse_values
from migrate.model.charts import NEWEST_OF_ALL, ChartSource

_MOST_BYTES = 100 * 1024 * 1024
_NO_CLIENT = 0


class FetchError(Exception):
    """A chart that cannot be fetched: not there, not let in, not what its repository says it is."""


@dataclass(frozen=True)
class FetchedChart:
    """One chart as it came: its files by path, and what names it."""

    name: str
    version: str
    archive: str
    """SHA-256 of the archive."""
    files: Mapping[str, bytes]
    checked: bool
    """Whether a digest of the repository was there to be held against."""


class ChartFetch:
    """Fetches charts; repositories' indexes are read once. A context manager: its temporary files go at its end."""

    def __init__(self) -> None:
        self._indexes: dict[tuple[str, str], Mapping[str, object]] = {}
        self._clients: dict[tuple[str, str, bool], RegistryClient] = {}
        self._closing = contextlib.ExitStack()
        self._folder = ""

    def __enter__(self) -> ChartFetch:
        self._folder = self._closing.enter_context(tempfile.TemporaryDirectory(prefix="migrate-charts-"))
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.close()

    def fetch(self, source: ChartSource, version: str) -> FetchedChart:
        """The chart in the version that Helm picks for ``version`` (exact, a constraint, empty: newest stable).

        Raises:
            FetchError: with the reason, free of credentials.
        """
        if source.refused:
            raise FetchError(source.refused)
        with _clean_errors(source), tempfile.TemporaryDirectory(dir=self._folder) as folder:
            if source.oci:
                self._pull_oci(source, version, folder)
            else:
                self._pull_http(source, version, folder)
            return self._checked(source, _only_file(Path(folder)))

    def _pull_http(self, source: ChartSource, version: str, folder: str) -> None:
        if not re.match(r"https?://", source.url):
            raise FetchError(f"{source.url} is no http, https or oci address: Helm needs a plugin for it")
        options = {**_transport(source), "repo_url": source.url, "dest_dir": folder, "version": version}
        if source.pass_credentials:
            options["pass_credentials_all"] = True
        _call("helm_pull", _native.HANDLE(_NO_CLIENT), source.name, options)

    def _pull_oci(self, source: ChartSource, version: str, folder: str) -> None:
        if source.ca_file or source.cert_file or source.insecure:
            raise FetchError("Helm's library takes no certificates of one's own, and skips none, for a registry")
        client = self._client(source)
        reference = source.url
        if source.digest:
            reference, version = f"{source.url}@{source.digest}", ""
        elif version == NEWEST_OF_ALL:
            tags = client.tags(source.url)
            if not tags:
                raise FetchError(f"{source.url} has no version")
            version = tags[0]
        options: dict[str, object] = {"dest_dir": folder, "version": version, "plain_http": source.plain_http}
        _call("helm_pull", client._raw(), reference, options)

    def _client(self, source: ChartSource) -> RegistryClient:
        """A client for the registry; a login of the state file lives in a file of this fetching alone."""
        host = source.url.removeprefix("oci://").partition("/")[0]
        key = (host, source.username, source.plain_http)
        if key not in self._clients:
            own = str(Path(self._folder) / f"login-{len(self._clients)}.json")
            config = own if source.username else source.registry_config or None
            client = RegistryClient(plain_http=source.plain_http, credentials_file=config)
            self._closing.callback(client.close)
            if source.username:
                client.login(host, source.username, source.password, plain_http=source.plain_http)
            self._clients[key] = client
        return self._clients[key]

    def _checked(self, source: ChartSource, file: Path) -> FetchedChart:
        if file.stat().st_size > _MOST_BYTES:
            raise FetchError(f"the archive has more than {_MOST_BYTES} bytes")
        data = file.read_bytes()
        try:
            files = unpack(data, f"{source.name} of {source.alias}")
            metadata = parse_values(files["Chart.yaml"].decode("utf-8", "replace"))
        except (ChartError, HelmError) as error:
            raise FetchError(str(error)) from error
        name, version = str(metadata.get("name", "")), str(metadata.get("version", ""))
        wanted = source.name.rpartition("/")[2]
        if name != wanted or not re.fullmatch(r"[0-9A-Za-z][0-9A-Za-z.+_-]*", version):
            raise FetchError(f"the archive holds {name} {version}, not {wanted}")
        digest = hashlib.sha256(data).hexdigest()
        stated = digest if source.oci else self._stated(source, version)  # the library checks a registry's itself
        if stated and stated != digest:
            raise FetchError(f"the archive's digest is {digest[:12]}…, and the repository's index says {stated[:12]}…")
        return FetchedChart(name, version, digest, files, bool(stated))

    def _stated(self, source: ChartSource, version: str) -> str:
        """The digest that the repository's index names; empty where it names none."""
        key = (source.url, source.username)
        if key not in self._indexes:
            index = json.loads(_call("helm_repo_index_download", source.url, _transport(source)))
            self._indexes[key] = index.get("entries") or {}
        entries = self._indexes[key].get(source.name)
        for entry in entries if isinstance(entries, list) else []:
            if entry.get("version") == version:
                return str(entry.get("digest") or "").removeprefix("sha256:")
        return ""


def _transport(source: ChartSource) -> dict[str, object]:
    return {
        "username": source.username,
        "password": source.password,
        "ca_file": source.ca_file,
        "cert_file": source.cert_file,
        "key_file": source.key_file,
        "insecure_skip_tls_verify": source.insecure,
    }


def _call(function: str, *arguments: object) -> str:
    *given, options = arguments
    present = {key: value for key, value in options.items() if value} if isinstance(options, dict) else {}
    return _native.call_string(function, *given, json.dumps(present))


def _only_file(folder: Path) -> Path:
    found = sorted(folder.iterdir())
    if len(found) != 1:
        raise FetchError("Helm's library fetched no archive")
    return found[0]


@contextlib.contextmanager
def _clean_errors(source: ChartSource) -> Iterator[None]:
    """What the library says, without the password; what may hold it is not chained either."""
    try:
        yield
    except helm_python.HelmError as error:
        message = str(error)
    except OSError as error:
        message = error.strerror or str(error)
    else:
        return
    for secret in (source.password, source.username):
        if secret:
            message = message.replace(secret, "***")
    raise FetchError(" ".join(message.split()))
