"""Hostile charts: archives that lead out or unpack without end, patterns that never match, templates that never end."""

from __future__ import annotations

import gzip
import io
import tarfile
from collections.abc import Iterator

import pytest

from migrate.doors import helm_worker
from migrate.doors.appset_template import AppsetTemplateError, AppsetTemplates
from migrate.doors.charts import ChartError, ChartFiles, ignore_rules, unpack
from migrate.doors.helm import HelmError, parse_set, parse_values, render_chart
from migrate.doors.yaml import YamlError, load_yaml

CHART = b"apiVersion: v2\nname: app\nversion: 1.0.0\n"


def archive(*members: tuple[str, bytes, bytes]) -> bytes:
    """An archive of ``(name, type, content or link target)`` beside a good ``Chart.yaml``."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as file:
        for name, kind, content in (("app/Chart.yaml", tarfile.REGTYPE, CHART), *members):
            entry = tarfile.TarInfo(name)
            entry.type = kind
            if kind == tarfile.REGTYPE:
                entry.size = len(content)
            else:
                entry.linkname = content.decode()
            file.addfile(entry, io.BytesIO(content if kind == tarfile.REGTYPE else b""))
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("name", "kind", "content", "told"),
    [
        ("app/../../evil", tarfile.REGTYPE, b"", "outside"),
        ("/etc/cron.d/evil", tarfile.REGTYPE, b"", "outside"),
        ("app//evil", tarfile.REGTYPE, b"", "outside"),
        ("app/a\\..\\..\\evil", tarfile.REGTYPE, b"", "outside"),
        ("other/file", tarfile.REGTYPE, b"", "outside"),
        ("app/passwd", tarfile.SYMTYPE, b"/etc/passwd", "a link or a device"),
        ("app/passwd", tarfile.LNKTYPE, b"app/Chart.yaml", "a link or a device"),
        ("app/zero", tarfile.CHRTYPE, b"", "a link or a device"),
        ("app/pipe", tarfile.FIFOTYPE, b"", "a link or a device"),
    ],
)
def test_an_archive_that_reaches_out_is_refused(name: str, kind: bytes, content: bytes, told: str) -> None:
    with pytest.raises(ChartError, match=told):
        unpack(archive((name, kind, content)), "app.tgz")


def test_an_archive_that_unpacks_without_end_is_refused_before_it_is_held() -> None:
    zeros = tarfile.TarInfo("app/zeros")
    zeros.size = 10 * 1024**3
    one = gzip.compress(bytes(1024 * 1024))
    bomb = gzip.compress(zeros.tobuf()) + one * 200
    assert len(bomb) < 1024 * 1024
    with pytest.raises(ChartError, match="more than 100 MiB"):
        unpack(bomb, "app.tgz")


def test_an_archive_of_too_many_files_is_refused() -> None:
    members = [(f"app/{number}", tarfile.REGTYPE, b"") for number in range(10_001)]
    with pytest.raises(ChartError, match="more than 10000 files"):
        unpack(archive(*members))


@pytest.mark.parametrize(
    "content",
    [b"", b"\x1f\x8b", b"BZh9", b"\xfd7zXZ\x00", archive()[:-40], b"x" * 2000],
    ids=["empty", "gzip", "bzip", "xz", "cut", "long"],
)
def test_what_is_no_archive_is_refused(content: bytes) -> None:
    with pytest.raises(ChartError):
        unpack(content)


def test_a_pattern_of_many_stars_takes_no_longer_than_its_text() -> None:
    ignored = ignore_rules("*a" * 60 + "b\n")
    assert not ignored("a" * 240, False)
    assert ignored("a" * 240 + "b", False)


# --- rendering


@pytest.fixture
def _fresh() -> Iterator[None]:
    helm_worker.end_workers()
    yield
    helm_worker.end_workers()


def rendered(template: str) -> str:
    chart = ChartFiles({"Chart.yaml": CHART, "templates/a.yaml": template.encode()})
    return render_chart(chart, {}, name="a", namespace="b").templates["app/templates/a.yaml"]


@pytest.mark.usefixtures("_fresh")
@pytest.mark.parametrize(
    "template",
    [
        "{{ range until 1000000000 }}{{ end }}",
        '{{ $x := "xxxxxxxxxxxxxxxx" }}{{ range until 60 }}{{ $x = print $x $x }}{{ end }}',
        '{{ $x := dict "a" 1 }}{{ $_ := set $x "me" $x }}{{ $x }}',
    ],
    ids=["memory", "doubling", "crash"],
)
def test_a_chart_that_kills_helm_is_an_error_and_the_next_renders(template: str) -> None:
    with pytest.raises(HelmError, match=r"processor time or 1024 MiB"):
        rendered(template)
    assert rendered("a: {{ .Release.Name }}") == "a: a"


@pytest.mark.usefixtures("_fresh")
def test_a_chart_that_never_ends_is_stopped_and_not_tried_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(helm_worker, "MOST_WALL_SECONDS", 0.5)
    started: list[object] = []
    start = helm_worker._start

    def counted() -> object:
        started.append(1)
        return start()

    monkeypatch.setattr(helm_worker, "_start", counted)
    for _ in range(5):
        with pytest.raises(HelmError, match="to render"):
            rendered("{{ range until 100000 }}{{ range until 100000 }}{{ end }}{{ end }}")
    assert len(started) == helm_worker.MOST_DEATHS


def test_a_worker_is_used_again() -> None:
    assert rendered("a: 1") == "a: 1"
    known = len(helm_worker._ALL)
    assert rendered("a: 2") == "a: 2"
    assert len(helm_worker._ALL) == known


@pytest.mark.parametrize("text", ["a: 1\x00\nb: 2\n", "\x00"])
def test_a_text_that_the_border_to_helm_would_cut_is_refused(text: str) -> None:
    with pytest.raises(HelmError, match="control characters"):
        parse_values(text)
    with pytest.raises(HelmError, match="control characters"):
        parse_set("--set", f"a={text}")


# --- ApplicationSets and our own files


@pytest.mark.parametrize(
    "template",
    [
        '{{ repeat 1000000000 "x" }}',
        "{{ until 1000000000 }}",
        '{{ printf "%1000000000d" 1 }}',
        "{{ range until 1000000 }}x{{ end }}",
        '{{ $x := dict "a" 1 }}{{ range until 60 }}{{ $x = dict "a" $x "b" $x }}{{ end }}{{ toJson $x }}',
        '{{ define "a" }}{{ template "a" . }}{{ end }}{{ template "a" . }}',
    ],
)
def test_an_appset_template_that_does_too_much_is_stopped(template: str) -> None:
    with pytest.raises(AppsetTemplateError, match=r"more than|budget"):
        AppsetTemplates().render(template, {})


def test_aliases_of_our_own_files_are_counted_too() -> None:
    text = "a: &a [x,x,x,x,x,x,x,x,x,x]\n" + "".join(
        f"{name}: &{name} [{','.join([f'*{before}'] * 10)}]\n"
        for before, name in zip("abcdefgh", "bcdefghi", strict=True)
    )
    with pytest.raises(YamlError, match="aliasing"):
        load_yaml(text)


@pytest.mark.parametrize("text", ["a: !!int", "a: !!float", "a: !!int x", "a: !!bool x", "a: !!set x"])
def test_a_tag_that_its_text_does_not_fit_is_an_error(text: str) -> None:
    with pytest.raises(YamlError):
        load_yaml(text)
