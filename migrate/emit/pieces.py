"""What each part of emission gives: files with their origin, and findings; joined into one tree at the end."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from migrate.doors.yaml import dump_yaml
from migrate.model.finding import Finding
from migrate.model.tree import Provenance


@dataclass(frozen=True)
class Piece:
    """Some files of the tree, where each came from, and what a person should know about them."""

    files: Mapping[str, bytes] = field(default_factory=dict)
    provenance: Mapping[str, tuple[Provenance, ...]] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()


def join_pieces(pieces: Iterable[Piece]) -> Piece:
    """All pieces as one.

    Raises:
        ValueError: two pieces write one path with different content, which is a bug.
    """
    files: dict[str, bytes] = {}
    provenance: dict[str, tuple[Provenance, ...]] = {}
    findings: list[Finding] = []
    for piece in pieces:
        for path, content in piece.files.items():
            if files.setdefault(path, content) != content:
                raise ValueError(f"two parts of the tree claim {path}")
        provenance.update(piece.provenance)
        findings += piece.findings
    return Piece(files, provenance, tuple(findings))


def yaml_piece(path: str, document: object, *, comment: Sequence[str], origins: Sequence[Provenance]) -> Piece:
    """One YAML file with a comment on top; ``origins`` count lines from the first line below that comment."""
    return text_piece(path, dump_yaml(document), comment=comment, origins=origins)


def text_piece(path: str, text: str, *, comment: Sequence[str], origins: Sequence[Provenance]) -> Piece:
    """As :func:`yaml_piece`, with the YAML already written."""
    head = "".join(f"# {line}\n" for line in comment)
    moved = tuple(
        Provenance(origin.line + len(comment) if origin.line else 0, origin.origin, origin.note) for origin in origins
    )
    return Piece({path: (head + text).encode("utf-8")}, {path: moved})
