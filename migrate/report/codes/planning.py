"""Codes of the plan, of answers, and of lines that leave the helmfiles."""

from __future__ import annotations

from collections.abc import Mapping

PLANNING: Mapping[str, tuple[str, str]] = {
    "PL001": ("nobody said where the GitOps repository is", "set `target.repoURL`, or give --repo-url"),
    "PL002": ("the plan speaks of a release that is not there", "take it out of the plan, or correct its name"),
    "PL003": (
        "two phases that a person fixed stand against an edge",
        "free one of the two, or move it: both lines and the evidence are named",
    ),
    "PL004": (
        "a release goes past the band of its domain, since it waits for something there",
        "accept it, move it to the later domain, or take the edge out",
    ),
    "PL005": ("the plan says nothing of a release", "`migrate plan`"),
    "PL006": ("a value of the plan cannot be", "the message lists what can"),
    "PL007": ("two releases would share a component, folder or name", "name one of them otherwise in the plan"),
    "PL008": ("a rule says `ask`, and nobody has answered", "`migrate wizard`, or write the value into the plan"),
    "PL010": (
        "a release renders cluster-scoped kinds in a project that holds namespaced ones only",
        "put it into project platform",
    ),
    "PL011": (
        "an edge leads from one ApplicationSet to another, and those have no order",
        "use `appsets: single` and the layout environments or shared, or say --accept-lost-order",
    ),
    "PL012": (
        "a rule of the plan matches nothing, or an earlier one says it all",
        "mend its patterns, move it, or drop it",
    ),
    "PL013": ("releases wait for each other in a circle", "the message proposes the split that opens it"),
    "PL014": ("the plan was written in an earlier form", "look at what changed, and commit the file"),
    "PL015": (
        "a release is gone, and a new one has its chart",
        "if it was renamed, write the new id in the old one's place: its answers hold again",
    ),
    "PL016": ("releases are new since the plan was written", "read their proposals over"),
    "PL017": ("a project has roles and no release", "correct its name, or take it out"),
    "PL018": (
        "the plan speaks of a cluster type, environment, layer or release that it does not have",
        "correct the name",
    ),
    "PL019": (
        "is what a cluster type lacks switched off, or not of its set?",
        "say `componentSets: {TYPE: whole}` or `curated`",
    ),
    "PL020": ("images are to come from a mirror, and no level of the policy names one", "name `mirror`, or `mirrors`"),
    "PL030": ("a file of `wrapper.manifests` cannot be read, or is no object", "mend the file or its path"),
    "PL040": ("many releases ignore the same fields of a kind", "write it once, under `ignoreDifferences`"),
    "PL090": (
        "`plan --check`: migration.yaml is not what estate and decisions give",
        "`migrate plan`, commit the file",
    ),
    "CO001": ("a release's lines write releases of another layer, too; it is left", "change it by hand, run again"),
    "CO002": ("a release cannot be fenced without changing others; it is left", "change it by hand, run again"),
    "CO003": ("a release comes from a loop that writes others, too; it is left", "change it by hand, run again"),
    "CO004": ("a release's lines set an anchor that others use; they are left", "change it by hand, run again"),
    "CO005": ("a release cannot be removed without changing others; it is left", "change it by hand, run again"),
    "CO006": ("a release is written by a template that lists no entry; it is left", "change it by hand, run again"),
    "CO007": ("a release's lines hold half of a template's block; they are left", "change it by hand, run again"),
    "CO008": (
        "a release has a secret in its values, and a removed one's values are kept; it stays fenced",
        "move the secret out of its values (an ExternalSecret, a `secrets:` file), run again",
    ),
}
