"""What the tree itself says of images, for ``lint`` to hold it to: the policy of each environment, and the table."""

from __future__ import annotations

from collections.abc import Sequence

from migrate.doors.files import is_file, read_text
from migrate.doors.yaml import YamlError, load_yaml
from migrate.emit.pieces import Piece, join_pieces, text_piece, yaml_piece
from migrate.model.estate import Estate
from migrate.model.finding import Finding, Severity, SourceLocation
from migrate.model.image_facts import POLICY_PATH, TABLE_FILE, TABLE_PATH, policy_json, table_from
from migrate.model.images import image_rules
from migrate.model.plan import Plan
from migrate.model.tree import Provenance

_ABOUT = ["What images must be in each environment; migrate lint holds every rendered image to it."]


def make_image_files(names: Sequence[str], estate: Estate, plan: Plan) -> Piece:
    """The policy of the environments that have one, and the table beside it where the estate's repository has one."""
    rules = {name: found for name in names if (found := image_rules(plan, name))}
    if not rules:
        return Piece()
    origin = Provenance(0, "migration.yaml#fleet/imagePolicy", "all levels of the fleet together")
    policy = yaml_piece(POLICY_PATH, policy_json(rules), comment=_ABOUT, origins=(origin,))
    file = f"{estate.root}/{TABLE_FILE}"
    if not is_file(file):
        return policy
    text = read_text(file)
    try:
        table = table_from(load_yaml(text))
    except YamlError as error:
        return join_pieces([policy, Piece(findings=(_unread(str(error)),))])
    if not table:
        return join_pieces([policy, Piece(findings=(_unread("it names no image"),))])
    copied = (Provenance(0, TABLE_FILE, "copied as it is, line by line"),)
    return join_pieces([policy, text_piece(TABLE_PATH, text, comment=[], origins=copied)])


def _unread(reason: str) -> Finding:
    return Finding(
        "EM082",
        Severity.WARNING,
        f"{TABLE_FILE} says nothing about images: {reason}",
        "write `images: {<image>: {architectures: [amd64]}}`, or run: migrate images pull",
        SourceLocation(TABLE_FILE),
    )
