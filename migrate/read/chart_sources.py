"""Where a release takes its chart from, and where a vendored one lies (rules 8.4, 13.1, 13.3).

The reader calls it for each chart that is not simply on this disk; ``migrate charts pull`` fetches what it names.
"""

from __future__ import annotations

import re
from dataclasses import replace
from urllib.parse import unquote, urlsplit, urlunsplit

from migrate.doors.estate_files import absolute
from migrate.doors.vendored import parse_record, read_record
from migrate.errors import EstateError
from migrate.model.charts import NEWEST_OF_ALL, RECORD_FILE, VENDOR_FOLDER, ChartSource, VendoredChart
from migrate.read.schema import Section
from migrate.read.session import Session

_OCI_CHART = re.compile(r"(?P<path>[^@]*?)(?::(?P<tag>[^:@/]+))?(?:@(?P<digest>.+))?")


def chart_source(
    session: Session, release: Section, spec: Section, identity: str, *, chart: str = "", version: str | None = None
) -> ChartSource | None:
    """The repository or registry of a release's chart; None for a path, or for what go-getter would fetch.

    ``chart`` and ``version`` are those of an ad-hoc dependency, where that is meant.
    """
    text = chart or str(release.get("chart", ""))
    place = release.at("dependencies" if chart else "chart")
    defaults: Section = spec.get("helmDefaults", Section(place))
    asked = str(release.get("version", "")) if version is None else version
    if not asked and release.get("devel", defaults.get("devel", False)):
        asked = NEWEST_OF_ALL
    asked, _, digest = asked.partition("@")
    bare = ChartSource(
        *("", "", "", asked, place, identity),
        plain_http=bool(release.get("plainHttp", defaults.get("plainHttp", False))),
        insecure=bool(release.get("insecureSkipTLSVerify", defaults.get("insecureSkipTLSVerify", False))),
    )
    if text.startswith("oci://"):
        return _oci(text, asked, digest, bare)
    alias, slash, name = text.partition("/")
    if "://" in text or not slash or alias in (".", "..", ""):
        return None
    declared = next((r for r in spec.get("repositories", []) if r.get("name") == alias), None)
    if declared is None:
        return replace(bare, alias=alias, name=name)
    found = _declared(session, declared, replace(bare, alias=alias, name=name))
    return _oci(f"{found.url}/{name}", asked, digest, found) if declared.get("oci") else found


def _oci(text: str, asked: str, digest: str, source: ChartSource) -> ChartSource:
    """A registry's chart: a ``:tag`` of the reference yields to the version, its digest wins (rule 13.3)."""
    match = _OCI_CHART.fullmatch(text.removeprefix("oci://"))
    path, tag, pinned = (match["path"], match["tag"], match["digest"]) if match else (text, None, None)
    host, _, rest = path.partition("/")
    return replace(
        source,
        alias=source.alias or host,
        name=rest if not source.alias else source.name.partition("@")[0].partition(":")[0],
        url=f"oci://{path}",
        version=asked or tag or "",
        digest=pinned or digest,
    )


def _declared(session: Session, repository: Section, source: ChartSource) -> ChartSource:
    """The source with what its ``repositories`` entry says; credentials fall back to variables that may be seen."""
    url, user, password = split_credentials(str(repository.get("url", "")))
    variable = re.sub(r"-", "_", source.alias).upper()
    visible = session.request.set_env
    refused = ""
    for name, why in (
        ("verify", "a signature is asked for, and Helm's library cannot fetch one"),
        ("managed", "it is a managed registry, whose login a program of the cloud makes"),
    ):
        if repository.get(name):
            refused = f"{name}: {why}"
    username = str(repository.get("username") or "") or user or visible.get(f"{variable}_USERNAME", "")
    password = str(repository.get("password") or "") or password or visible.get(f"{variable}_PASSWORD", "")
    if "ref+" in username + password:
        refused = "its login is a ref+ reference, which is not looked up: give it with --set-env"
    return replace(
        source,
        url=url.rstrip("/") or url,
        ca_file=_file(session, repository, "caFile"),
        cert_file=_file(session, repository, "certFile"),
        key_file=_file(session, repository, "keyFile"),
        registry_config=_file(session, repository, "registryConfig"),
        plain_http=bool(repository.get("plainHttp")) or source.plain_http,
        insecure=bool(repository.get("skipTLSVerify")) or source.insecure,
        pass_credentials=bool(repository.get("passCredentials")),
        refused=refused,
        username=username,
        password=password,
    )


def _file(session: Session, repository: Section, name: str) -> str:
    """helm gets the path as it stands: relative to where the program runs."""
    path = str(repository.get(name) or "")
    return absolute(path) if path else ""


def split_credentials(url: str) -> tuple[str, str, str]:
    """A URL without its ``user:password@``, the user, the password.

    >>> split_credentials("https://bob:s%40@charts.example.com/x")
    ('https://charts.example.com/x', 'bob', 's@')
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        return url, "", ""
    if "@" not in parts.netloc:
        return url, "", ""
    login, _, host = parts.netloc.rpartition("@")
    user, _, password = login.partition(":")
    return urlunsplit(parts._replace(netloc=host)), unquote(user), unquote(password)


def vendored_folder(session: Session, source: ChartSource | None) -> str | None:
    """Absolute path of the vendored chart, by the estate's own record; None where it lists none.

    Raises:
        EstateError: the record cannot be read.
    """
    home = absolute(VENDOR_FOLDER, session.files.root)
    record = absolute(RECORD_FILE, home)
    if source is None or not session.files.is_file(record):
        return None
    return _recorded(session, source, parse_record(session.read(record), session.files.shown(record)), home)


def mapped_folder(session: Session, source: ChartSource | None, folder: str) -> str | None:
    """The same for a folder that ``--chart-map`` names, where it belongs to a record: ``DIR/ALIAS`` beside it."""
    home = folder.rpartition("/")[0]
    try:
        return _recorded(session, source, read_record(home), home) if source is not None else None
    except EstateError:  # a charts.yaml of another kind: the folder is nothing but a folder of charts
        return None


def dependency_folder(session: Session, release: Section, entry: Section, spec: Section) -> str | None:
    """The folder of an ad-hoc dependency from a repository or registry, where it is mapped or vendored."""
    chart, version = str(entry.get("chart", "")), str(entry.get("version", ""))
    if chart.startswith((".", "/")):
        return None
    source = chart_source(session, release, spec, str(release.get("name", "")), chart=chart, version=version)
    if source is None:
        return None
    mapped = session.request.chart_map.get(source.alias)
    if mapped is None:
        session.chart_sources.append(source)
        return vendored_folder(session, source)
    folder = absolute(mapped)
    path = absolute(source.name, folder)
    return mapped_folder(session, source, folder) or (path if session.files.exists(path) else None)


def _recorded(session: Session, source: ChartSource, record: tuple[VendoredChart, ...], home: str) -> str | None:
    for entry in record:
        path = absolute(entry.path, home)
        if entry.key == source.key and entry.repository == source.url and session.files.exists(path):
            return path
    return None
