"""Charts from elsewhere: where a release takes one from, and the record of those that were vendored."""

from __future__ import annotations

from dataclasses import dataclass, field

from migrate.model.finding import SourceLocation

VENDOR_FOLDER = "vendor/charts"
"""Where vendored charts lie below the estate's root, if nobody says otherwise."""
RECORD_FILE = "charts.yaml"
NEWEST_OF_ALL = ">0.0.0-0"
"""What helm takes ``devel`` for: the newest version, pre-releases included."""


@dataclass(frozen=True)
class ChartSource:
    """A chart that one release takes from a chart repository or a registry."""

    alias: str
    """The repository's name in the state file; for a bare ``oci://`` reference the registry's host."""
    name: str
    """The chart inside the repository, e.g. ``nginx`` or ``team/app``."""
    url: str
    """The repository without credentials, for a registry ``oci://host/path`` of the chart; empty: not declared."""
    version: str
    """As asked: exact, a constraint, or empty for the newest stable one."""
    source: SourceLocation
    """The release's ``chart``."""
    release: str
    digest: str = ""
    """The manifest's digest, where an OCI reference pins one."""
    ca_file: str = ""
    cert_file: str = ""
    key_file: str = ""
    plain_http: bool = False
    insecure: bool = False
    pass_credentials: bool = False
    registry_config: str = ""
    refused: str = ""
    """Why it cannot be fetched here, where the state file asks for something that Helm's library does not do."""
    username: str = field(default="", repr=False)
    password: str = field(default="", repr=False)

    @property
    def oci(self) -> bool:
        """Whether it comes from a registry."""
        return self.url.startswith("oci://")

    @property
    def key(self) -> tuple[str, str, str]:
        """What the record knows it by."""
        return (self.alias, self.name, self.asked)

    @property
    def asked(self) -> str:
        """The version as the record writes it."""
        return f"{self.version}@{self.digest}" if self.digest else self.version

    @property
    def reference(self) -> str:
        """For people: ``alias/name`` and the version."""
        return f"{self.alias}/{self.name} {self.asked or '(newest)'}"


@dataclass(frozen=True)
class VendoredChart:
    """One entry of the record: what was asked, what it is, and where it lies."""

    alias: str
    chart: str
    repository: str
    asked: str
    version: str
    archive: str
    """SHA-256 of the archive as it was fetched."""
    tree: str
    """SHA-256 over the paths and contents of the unpacked files."""
    path: str
    """The chart's folder, relative to the record's."""

    @property
    def key(self) -> tuple[str, str, str]:
        """What a release asks for."""
        return (self.alias, self.chart, self.asked)
