"""Fences and removals in state files of every shape: only the lines that are meant change; the rest reads the same."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from migrate.commit import CutOver, fence_releases, remove_releases
from migrate.model.estate import Estate, ReadRequest
from migrate.model.fence import is_fenced
from migrate.read import read_estate
from tests.conftest import write_files

CHART = {"chart/Chart.yaml": "apiVersion: v2\nname: chart\nversion: 1.0.0\n"}
LIST = """\
environments:
  default: {}
---
# The head stays.
releases:
  # a comes first.
  - name: a
    namespace: x
    chart: ./chart   # ours

  # b needs it.
  - name: b
    namespace: x
    chart: ./chart
    needs:
      - x/a          # of this file
    values:
      - text: |
          - name: a
          # not a comment

  - {name: c, namespace: x, chart: ./chart, needs: [x/a, b]}
  - chart: ./chart
    namespace: x
    name: d
    hooks:
      - events: [postsync]
        command: echo
  # The tail stays.
"""


class Folder:
    """An estate on disk, and what is done to it."""

    def __init__(self, path: Path, files: dict[str, str]) -> None:
        self.path = write_files(path, {**CHART, **files})
        (self.path / ".git").mkdir(exist_ok=True)
        self.request = ReadRequest(str(self.path))

    def read(self) -> Estate:
        return read_estate(self.request)

    def text(self, file: str) -> str:
        return (self.path / file).read_bytes().decode()

    def fence(self, *ids: str) -> CutOver:
        again = lambda files: read_estate(replace(self.request, overlay=files))  # noqa: E731
        return self._written(fence_releases(self.read(), ids, self.text, again))

    def remove(self, *ids: str) -> CutOver:
        again = lambda files: read_estate(replace(self.request, overlay=files))  # noqa: E731
        return self._written(remove_releases(self.read(), ids, self.text, again))

    def _written(self, done: CutOver) -> CutOver:
        for file, text in done.files.items():
            (self.path / file).unlink() if text is None else (self.path / file).write_bytes(text.encode())
        return done

    def ids(self) -> list[str]:
        return [release.id for release in self.read().releases]


def folder(tmp_path: Path, **files: str) -> Folder:
    return Folder(tmp_path, {name.replace("__", "/").replace("_yaml", ".yaml"): text for name, text in files.items()})


def is_subsequence(part: str, whole: str) -> bool:
    lines = iter(whole.splitlines())
    return all(line in lines for line in part.splitlines())


def test_a_fence_on_every_form_of_entry(tmp_path: Path) -> None:
    estate = folder(tmp_path, helmfile_yaml=LIST)
    done = estate.fence("x/a", "x/b", "x/c", "x/d")
    assert (done.done, done.findings) == (("x/a", "x/b", "x/c", "x/d"), ())
    assert all(is_fenced(release) for release in estate.read().releases)
    assert estate.text("helmfile.yaml").count("# RENDER-ONLY") == 3
    assert "command: echo" in estate.text("helmfile.yaml")
    assert dict(estate.fence("x/a", "x/b", "x/c", "x/d").files) == {}


def test_a_removed_release_goes_with_its_comment_and_the_needs_on_it(tmp_path: Path) -> None:
    estate = folder(tmp_path, helmfile_yaml=LIST)
    done = estate.remove("x/a")
    assert (done.done, done.findings) == (("x/a",), ())
    assert [(cut.release, cut.need) for cut in done.cut_needs] == [("x/b", "x/a"), ("x/c", "x/a")]
    assert estate.text("helmfile.yaml") == LIST.replace(
        "  # a comes first.\n  - name: a\n    namespace: x\n    chart: ./chart   # ours\n\n", ""
    ).replace("    needs:\n      - x/a          # of this file\n", "").replace("needs: [x/a, b]", "needs: [b]")


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(gone=st.sets(st.sampled_from(["x/a", "x/b", "x/c", "x/d"]), min_size=1))
def test_whatever_goes_what_stays_is_byte_for_byte_there(
    gone: set[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    estate = folder(tmp_path_factory.mktemp("estate"), helmfile_yaml=LIST)
    done = estate.remove(*gone)
    assert set(done.done) == gone
    if len(gone) == 4:
        assert dict(done.files) == {"helmfile.yaml": None}
        return
    assert estate.ids() == [one for one in ("x/a", "x/b", "x/c", "x/d") if one not in gone]
    rest = re.sub(r"needs: \[[^]]*\]", "needs: [x/a, b]", estate.text("helmfile.yaml"))
    assert is_subsequence(rest, LIST)


def test_a_loop_goes_as_a_whole_or_stays(tmp_path: Path) -> None:
    text = """\
releases:
{{- range $name := list "a" "b" }}
  - name: {{ $name }}
    namespace: x
    chart: ./chart
{{- end }}
  - name: c
    namespace: x
    chart: ./chart
"""
    estate = Folder(tmp_path, {"helmfile.yaml.gotmpl": text})
    part = estate.remove("x/a")
    assert (part.done, [f.code for f in part.findings], dict(part.files)) == ((), ["CO003"], {})
    assert "helmfile.yaml.gotmpl:3" in str(part.findings[0].source)
    assert estate.remove("x/a", "x/b").done == ("x/a", "x/b")
    assert estate.text("helmfile.yaml.gotmpl") == "releases:\n  - name: c\n    namespace: x\n    chart: ./chart\n"


def test_an_anchor_that_others_use_stays(tmp_path: Path) -> None:
    text = """\
releases:
  - &first
    name: a
    namespace: x
    chart: ./chart
  - <<: *first
    name: b
"""
    estate = folder(tmp_path, helmfile_yaml=text)
    done = estate.remove("x/a")
    assert ([f.code for f in done.findings], estate.text("helmfile.yaml")) == (["CO004"], text)
    assert estate.fence("x/a", "x/b").done == ("x/a", "x/b")
    assert estate.remove("x/b").done == ("x/b",)
    assert estate.remove("x/a").files == {"helmfile.yaml": None}


def test_hooks_of_a_template_are_never_lost(tmp_path: Path) -> None:
    text = """\
templates:
  common: &common
    chart: ./chart
    hooks:
      - events: [prepare]
        command: ./make-values.sh
releases:
  - name: a
    namespace: x
    <<: *common
  - name: b
    namespace: x
    chart: ./chart
"""
    estate = folder(tmp_path, helmfile_yaml=text)
    done = estate.fence("x/a", "x/b")
    assert (done.done, [(f.code, f.release) for f in done.findings]) == (("x/b",), [("CO002", "x/a")])
    assert "make-values.sh" in str(estate.read().releases[0].keys)


def test_a_block_around_an_entry_or_around_its_needs_goes_when_it_is_empty(tmp_path: Path) -> None:
    text = """\
releases:
  - name: a
    namespace: x
    chart: ./chart
{{- if true }}
  - name: b
    namespace: x
    chart: ./chart
{{- end }}
  - name: c
    namespace: x
    chart: ./chart
{{- if true }}
    needs:
      - {{ "x" }}/b
{{- end }}
"""
    estate = Folder(tmp_path, {"helmfile.yaml.gotmpl": text})
    assert estate.remove("x/b").findings == ()
    one = "  - name: {}\n    namespace: x\n    chart: ./chart\n"
    assert estate.text("helmfile.yaml.gotmpl") == f"releases:\n{one.format('a')}{one.format('c')}"


def test_an_emptied_file_goes_with_its_entry_and_so_does_what_then_lists_nothing(tmp_path: Path) -> None:
    files = {
        "helmfile.yaml": "helmfiles:\n  - path: ./inner/one.yaml\n  # two\n  - ./inner/two.yaml\n",
        "inner/one.yaml": "releases:\n  - name: a\n    namespace: x\n    chart: ../chart\n",
        "inner/two.yaml": "releases:\n  - name: b\n    namespace: x\n    chart: ../chart\n",
    }
    estate = Folder(tmp_path, files)
    assert estate.remove("x/a").files == {
        "inner/one.yaml": None,
        "helmfile.yaml": "helmfiles:\n  # two\n  - ./inner/two.yaml\n",
    }
    assert estate.ids() == ["x/b"]
    assert estate.remove("x/b").files == {"inner/two.yaml": None, "helmfile.yaml": None}


def test_line_ends_of_another_system_stay(tmp_path: Path) -> None:
    one = "  - name: {}\r\n    namespace: x\r\n    chart: ./chart\r\n"
    text = f"releases:\r\n{one.format('a')}{one.format('b')}"
    estate = folder(tmp_path, helmfile_yaml=text)
    assert estate.fence("x/a", "x/b").findings == ()
    assert all(line.endswith("\r\n") for line in estate.text("helmfile.yaml").splitlines(keepends=True))
    assert estate.remove("x/a").findings == ()
    assert estate.ids() == ["x/b"]


def test_what_cannot_be_read_again_is_not_written(tmp_path: Path) -> None:
    text = """\
releases:
  - name: a
    namespace: x
    chart: ./chart {{- $shared := "x" }}
  - name: b
    namespace: {{ $shared }}
    chart: ./chart
"""
    estate = Folder(tmp_path, {"helmfile.yaml.gotmpl": text})
    done = estate.remove("x/a")
    assert ([f.code for f in done.findings], dict(done.files)) == (["CO005"], {})
    assert estate.text("helmfile.yaml.gotmpl") == text
