"""What can be answered to each kind of question, and the help that ``?`` gives. Data, and nothing is asked here."""

from __future__ import annotations

import re

from migrate.wizard.asker import Option

OFFERED = {
    "type": ("namespaces", "crds", "operator", "secrets", "config", "runtime", "post-runtime", "smoke"),
    "domain": ("prerequisites", "foundation", "data", "platform", "data-ext", "observability", "apps"),
    "tier": ("infra", "data", "platform", "apps", "qa"),
    "project": ("platform", "data-services", "apps"),
}
"""Field → the values that it can have."""

_SEGMENT = r"[A-Za-z0-9][A-Za-z0-9._-]*"
PATTERNS = {
    "phase": (re.compile(r"[0-9]{3}"), "three digits, such as 150"),
    "wave": (re.compile(r"[0-9]+"), "a whole number"),
    "name": (re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?"), "small letters, digits and dashes"),
    "folder": (re.compile(rf"{_SEGMENT}(/{_SEGMENT})*"), "folders with / between them"),
}
"""Field → what a typed value must look like, and how that is said."""

URL = re.compile(r"(https?://|ssh://|git://|file:///|[\w.-]+@[\w.-]+:)[^\s]+")
TOGETHER = ("type", "domain", "tier", "project", "phase", "wave")
"""Fields that several releases can share; a name and a folder are each release's own."""

KEYS = {"phase": "p", "type": "t", "domain": "d", "folder": "o", "name": "n", "wave": "w"}
"""Field → the key that asks for a new value of it."""

SKIP = Option("skip", "skip: decide later", "s")
FIND = Option("find", "find a release or a layer", "/")
QUIT = Option("quit", "save and quit", "q")
HELP = Option("help", "explain these answers", "?")
NOTHING = Option("none", "none of these: go on where I was", "b")

HELP_TEXTS: dict[str, str] = {
    "layer": """\
accept makes all proposals of the layer yours and goes to the next open layer. What is marked (you must decide)
is asked one by one afterwards.

go through asks about one release after the other; several sets one field for many at once.

skip leaves the layer as proposed and open; the review and the next run come back to it.

save and quit ends here. Run migrate wizard again to go on with the first open layer.""",
    "release": """\
accept makes all values above yours. change takes one other value, after showing what moves with it.

Behind each value stands its reason. needs and needed by name the releases that come before and after, each with
the phase and with what shows it; e shows all of them.

(yours) is what you decided: nothing but you changes it. Everything else is proposed anew by every run.""",
    "phase": """\
Three digits: releases come up in ascending phases, and those of one phase together. The first digit is the
band: 0 prerequisites, 1 foundation, 2 data, 3 platform, 4 data-ext, 5 observability, 6 apps.

The other two: 00 namespaces, 10 crds, 20 operator, 30 secrets, 40 config, 50 runtime, 55 post-runtime, 99
smoke. A number between two steps makes a new step.

What needs this release moves behind it, unless you decided its phase.""",
    "type": """\
What the release is: namespaces; crds, nothing but definitions; operator, a controller; secrets; config, nothing
that runs; runtime, workloads; post-runtime, what talks to running workloads; smoke, tests.

The phase inside its band, the folder and the tier follow from it where you did not decide them.""",
    "domain": """\
The part of the cluster that it belongs to, in the order in which they come up. Phase, folder, tier and project
follow from it where you did not decide them.""",
    "tier": "A label of the Application, to select by: who looks after it.",
    "project": """\
The AppProject that the Application runs under. data-services and apps allow namespaced kinds only; what renders
cluster-scoped kinds belongs to platform.""",
    "name": """\
The name of the Application: small letters, digits and dashes, and no other release may have it.""",
    "folder": """\
Where the component stands below components/, such as data/redis. No other release may stand there.""",
    "wave": "A number as a label, to select steps by; it follows the phase where you do not decide it.",
    "set": """\
A set of its own: the folder of the cluster type lists what its clusters get, and nothing else is there. For types
that are another kind of cluster, such as a small one at the edge.

The whole set: what its clusters go without stands there parked (component.disabled.yaml) and can be switched on.
For a release that is merely off.

One release may differ from its type: elsewhere, in migration.yaml. The ladder is the same in all.""",
    "take": """\
Nothing is changed yet. take keeps the value and everything listed above with it; leave changes nothing.

What is called BREAKS stops a conversion: it names both ends, so that you can move one of them.""",
    "several": """\
One field gets one value for many releases; what that changes is shown before it is taken.

accept makes the proposals of many releases yours at once. What is marked (you must decide) stays open.""",
    "scope": """\
A kind is a component type: all releases proposed as crds, for example, of this layer or of the whole estate.""",
    "found": """\
A layer: the walk goes on from there. A release: it is asked about, then you are back where you were.""",
    "search": "Part of a release's or layer's name; nothing typed lists the layers.",
    "review": """\
Everything that you answered is in the file already. save and finish leaves it so.

Not as proposed compares with what would be proposed had you decided nothing; (follows) is what moves along.

undo takes back every answer of this sitting, after asking.""",
    "undo": """\
The plan becomes what it was when you started the wizard; earlier sittings and the file's comments stay.""",
    "target": "The address of the git repository that Argo CD will read; nothing in the estate can say it.",
}
"""Kind of question → what ``?`` tells; an empty line between paragraphs."""
