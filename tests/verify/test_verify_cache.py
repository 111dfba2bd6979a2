"""What is kept of renders: bounded, checked, the least recently used gone first."""

from __future__ import annotations

import os
import pickle
from pathlib import Path

import pytest

from migrate.doors.blobs import Blobs
from migrate.model.finding import Finding, Severity, SourceLocation
from migrate.model.manifest import Manifest, ObjectKey, Rendered
from migrate.render import KeptRenders
from migrate.render.kept import decoded, encoded

KEY = ObjectKey("apps", "Deployment", "web", "a")


def rendered(digest: str, text: str = "kind: Deployment\n", **more: object) -> Rendered:
    document = {"kind": "Deployment", "n": 1, "x": 1.0, "none": None, "list": [True, "é"]}
    finding = Finding("RN001", Severity.WARNING, "m", "h", SourceLocation("a.yaml", 3))
    manifest = Manifest(KEY, document, text, "a/templates/a.yaml", crd_file=True, phases=("PreSync",))  # type: ignore[arg-type]
    return Rendered((manifest,), findings=(finding,), digest=digest, **more)  # type: ignore[arg-type]


def anything(found: Rendered) -> bool:
    return True


def nothing(found: Rendered) -> bool:
    return False


def test_a_render_comes_back_as_it_was() -> None:
    whole = rendered("d", chartified=("jsonPatches",))
    assert decoded(encoded(whole)) == whole
    (manifest,) = decoded(encoded(whole)).manifests  # type: ignore[union-attr]
    assert isinstance(manifest.document["x"], float)
    assert decoded(b"{}") is None
    assert decoded(b"\xff") is None


def test_memory_is_bounded_and_the_least_recently_used_goes() -> None:
    kept = KeptRenders(most_text=30)
    for digest in "abc":
        kept[digest] = rendered(digest, "x" * 10)
    assert kept["a"].digest == "a"
    kept["d"] = rendered("d", "x" * 10)
    assert sorted(kept) == ["a", "c", "d"]
    kept["e"] = rendered("e", "x" * 99)
    assert list(kept) == ["e"]
    with pytest.raises(KeyError):
        kept["a"]


def test_a_folder_outlives_the_run(tmp_path: Path) -> None:
    blobs = Blobs(str(tmp_path), 10_000)
    first = KeptRenders(blobs, storable=anything, salt="1")
    first["a"] = rendered("a")
    assert KeptRenders(blobs, storable=anything, salt="1")["a"] == rendered("a")
    assert "a" not in KeptRenders(blobs, storable=anything, salt="2")
    assert "a" not in KeptRenders(storable=anything, salt="1")


@pytest.mark.parametrize("storable", [nothing, None])
def test_what_may_not_be_stored_is_not(tmp_path: Path, storable: None) -> None:
    KeptRenders(Blobs(str(tmp_path), 10_000), storable=storable)["a"] = rendered("a")
    assert list(tmp_path.rglob("*")) == []


def test_what_is_drawn_anew_is_not_stored(tmp_path: Path) -> None:
    kept = KeptRenders(Blobs(str(tmp_path), 10_000), storable=anything)
    kept["a"] = rendered("a", unstable=((KEY, "data.x"),))
    assert list(tmp_path.rglob("*")) == []


def test_a_copy_for_another_process_starts_empty() -> None:
    kept = KeptRenders(storable=anything, salt="s")
    kept["a"] = rendered("a")
    copy = pickle.loads(pickle.dumps(kept))
    assert len(copy) == 0
    copy["b"] = rendered("b")
    assert copy["b"].digest == "b"


@pytest.mark.parametrize("damage", [b"", b"short", b"\0" * 200])
def test_a_damaged_file_is_as_if_it_were_not_there(tmp_path: Path, damage: bytes) -> None:
    blobs = Blobs(str(tmp_path), 10_000)
    blobs.put("abc", b"content")
    assert blobs.get("abc") == b"content"
    (file,) = tmp_path.rglob("*.blob")
    whole = file.read_bytes()
    file.write_bytes(damage)
    assert blobs.get("abc") is None
    blobs.put("abc", b"content")
    assert file.read_bytes() == whole


def test_a_file_under_another_key_is_not_taken(tmp_path: Path) -> None:
    blobs = Blobs(str(tmp_path), 10_000)
    blobs.put("ab1", b"content")
    (file,) = tmp_path.rglob("*.blob")
    file.rename(file.with_name("ab2.blob"))
    assert blobs.get("ab2") is None


def test_trimming_drops_what_was_used_longest_ago(tmp_path: Path) -> None:
    blobs = Blobs(str(tmp_path), 10_000)
    for number, key in enumerate(("a1", "b2", "c3")):
        blobs.put(key, os.urandom(4000))
        os.utime(tmp_path / key[:2] / f"{key}.blob", (number, number))
    (tmp_path / "a1" / ".half.part").write_bytes(b"x")
    assert blobs.get("a1")
    blobs.trim()
    assert [key for key in ("a1", "b2", "c3") if blobs.get(key)] == ["a1", "c3"]
    assert not (tmp_path / "a1" / ".half.part").exists()


def test_a_folder_that_cannot_be_written_keeps_nothing(tmp_path: Path) -> None:
    place = tmp_path / "file"
    place.write_text("")
    blobs = Blobs(str(place), 10)
    blobs.put("abc", b"x")
    assert blobs.get("abc") is None
    blobs.trim()
