"""Walks a person through the plan: layer by layer, release by release where wanted, and a review at the end."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from migrate.model.graph import ReleaseGraph
from migrate.model.plan import Decision, DecisionSource, Disposition, Plan, ReleasePlan
from migrate.wizard.asker import Asker, Option
from migrate.wizard.lines import (
    FIELDS,
    broken_edges,
    decision,
    effect_lines,
    field_name,
    is_settled,
    layer_lines,
    phase_lines,
    release_lines,
    review_lines,
    shortened,
    welcome_lines,
)

Save = Callable[[Plan], None]
Propose = Callable[[Plan], Plan]

_OFFERED = {
    "type": ("namespaces", "crds", "operator", "secrets", "config", "runtime", "post-runtime", "smoke"),
    "domain": ("prerequisites", "foundation", "data", "platform", "data-ext", "observability", "apps"),
    "tier": ("infra", "data", "platform", "apps", "qa"),
    "project": ("platform", "data-services", "apps"),
}
_PATTERNS = {
    "phase": (re.compile(r"[0-9]{3}"), "three digits, such as 150"),
    "wave": (re.compile(r"[0-9]+"), "a whole number"),
    "name": (re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?"), "small letters, digits and dashes"),
    "folder": (re.compile(r"[A-Za-z0-9][\w.-]*(/[A-Za-z0-9][\w.-]*)*"), "folders with / between them"),
}


_URL = re.compile(r"(https?://|ssh://|git://|file:///|[\w.-]+@[\w.-]+:)[^\s]+")
_TARGET = "target:"
"""No layer is called so: a layer is the name of a file."""


def run_wizard(plan: Plan, graph: ReleaseGraph, asker: Asker, save: Save, propose: Propose | None = None) -> Plan:
    """The plan after every answer; ``save`` is called after each one, so that nothing is ever lost.

    ``propose`` makes the plan anew around what the person decided (phases follow); without it the rest stays.
    What a person decided earlier is not asked again. ``save and quit`` returns what there is.

    Raises:
        KeyboardInterrupt: Ctrl-C; everything answered before it has been saved.
    """
    session = _Session(plan, graph, asker, save, propose or (lambda decided: decided))
    try:
        session.run()
    except KeyboardInterrupt:
        save(session.plan)
        raise
    return session.plan


class _Quit(Exception):  # noqa: N818 - an answer, not an error
    """The person chose to save and quit."""


class _Session:
    """One sitting: the plan as it stands, and who is asked."""

    def __init__(self, plan: Plan, graph: ReleaseGraph, asker: Asker, save: Save, propose: Propose) -> None:
        self.plan = plan
        self._graph = graph
        self._asker = asker
        self._save = save
        self._propose = propose

    def run(self) -> None:
        try:
            self._show(welcome_lines(self.plan))
            self._walk_layers()
            while (again := self._review()) is not None:
                if again == _TARGET:
                    self._target()
                    continue
                self._layer(again, self._layers().index(again), "back to the review")
        except _Quit:
            self._save(self.plan)

    def _layers(self) -> list[str]:
        """The layers that have anything to ask about."""
        asked = (release for release in self.plan.releases if release.disposition is Disposition.COMPONENT)
        return list(dict.fromkeys(release.layer for release in asked))

    def _releases(self, layer: str) -> tuple[ReleasePlan, ...]:
        return tuple(release for release in self.plan.releases if release.layer == layer)

    def _walk_layers(self) -> None:
        layers = self._layers()
        place, going_back = 0, False
        while place < len(layers):
            settled = all(is_settled(release) for release in self._releases(layers[place]))
            if settled and not going_back:
                place += 1
                continue
            answer = self._layer(layers[place], place, "back to the layer before" if place else "")
            going_back = answer == "back"
            place += -1 if going_back else 1

    def _layer(self, layer: str, place: int, back: str) -> str:
        """Ask about one layer until it is accepted, skipped or left; ``back`` says where back leads, if anywhere."""
        around = (Option("back", back),) if back else ()
        while True:
            releases = self._releases(layer)
            self._show(layer_lines(layer, releases, f"{place + 1} of {len(self._layers())}"))
            answer = self._asker.choose(
                f"{shortened(layer)}:",
                (
                    Option("accept", "accept all of this layer"),
                    Option("each", "go through its releases"),
                    Option("skip", "skip: decide later"),
                    *around,
                    Option("quit", "save and quit"),
                ),
                "accept",
            )
            if answer == "accept":
                self._accept(tuple(release.id for release in releases))
            elif answer == "quit":
                raise _Quit
            elif answer == "each" and self._each(
                tuple(r.id for r in releases if r.disposition is Disposition.COMPONENT)
            ):
                continue
            return answer

    def _each(self, names: tuple[str, ...]) -> bool:
        """Ask about one release after the other; whether the person went back from the first, to the layer."""
        place = 0
        while 0 <= place < len(names):
            answer = self._release(names[place], place, len(names))
            place += -1 if answer == "back" else 1
        return place < 0

    def _release(self, name: str, place: int, count: int) -> str:
        """Ask about one release until the person accepts, skips or leaves it."""
        while True:
            release = self.plan.by_id()[name]
            self._show(release_lines(release, self._graph, self.plan, f"{place + 1} of {count}"))
            # The values stand in the table above, so the menu does not say them again.
            fields = tuple(Option(word, f"change {word}") for word in FIELDS)
            back = "back to the release before" if place else "back to the layer"
            around = (Option("skip", "skip: decide later"), Option("back", back), Option("quit", "save and quit"))
            answer = self._asker.choose(f"{name}:", (Option("accept", "accept as it is"), *fields, *around), "accept")
            if answer in FIELDS:
                self._change(release, answer)
                continue
            if answer == "accept":
                self._accept((name,))
            elif answer == "quit":
                raise _Quit
            return answer

    def _change(self, release: ReleasePlan, word: str) -> None:
        """Take a new value for one field, after showing what follows from it."""
        current = decision(release, word).value
        value = self._value(word, current)
        if value == current:
            return
        decided = _decided(release, word, value)
        after = self._propose(_with_release(self.plan, decided))
        self._show(["This would change:", *effect_lines(self.plan, after, self._graph, release.id)])
        options = (Option("take", f"take {word} {value}"), Option("leave", f"leave it at {current}"))
        breaks = len(broken_edges(after, self._graph)) > len(broken_edges(self.plan, self._graph))
        if self._asker.choose("Take it?", options, "leave" if breaks else "take") == "take":
            self._keep(after)

    def _value(self, word: str, current: str) -> str:
        if word in _OFFERED:
            options = tuple(Option(value, value) for value in _OFFERED[word])
            return self._asker.choose(f"{word}:", options, current)
        if word == "phase":
            self._show(phase_lines(self.plan, current))
        pattern, told = _PATTERNS[word]
        return self._asker.enter(f"{word}:", current, lambda text: "" if pattern.fullmatch(text) else told)

    def _accept(self, names: tuple[str, ...]) -> None:
        """Make every proposal of these releases the person's own."""
        plan = self.plan
        for name in names:
            release = plan.by_id()[name]
            if release.disposition is not Disposition.COMPONENT:
                continue
            for word in FIELDS:
                if not _is_persons(decision(release, word)):
                    release = _decided(release, word, decision(release, word).value)
            plan = _with_release(plan, release)
        self._keep(self._propose(plan))

    def _review(self) -> str | None:
        """Show everything; the layer to look at again, or None where the person is done."""
        self._show(review_lines(self.plan, self._graph))
        layers = tuple(Option(layer, shortened(f"look at {layer} again")) for layer in self._layers())
        wrong = len(broken_edges(self.plan, self._graph))
        finish = f"save and finish, {wrong} broken" if wrong else "save and finish"
        answer = self._asker.choose(
            "Done?", (Option("", finish), Option(_TARGET, "change the target repository"), *layers), ""
        )
        return answer or None

    def _target(self) -> None:
        """Ask for the repository that Argo CD will read, since nothing in the estate can say it."""
        current = self.plan.repo_url
        value = self._asker.enter(
            "repository URL:", current, lambda text: "" if _URL.fullmatch(text) else "such as https://host/path.git"
        )
        if value != current:
            self._keep(self._propose(replace(self.plan, repo_url=value)))

    def _keep(self, plan: Plan) -> None:
        self.plan = plan
        self._save(plan)

    def _show(self, lines: list[str]) -> None:
        """The lines; the one after a blank one is a heading."""
        for place, line in enumerate(lines):
            self._asker.show(line, heading=place == 1 and not lines[0])


def _is_persons(found: Decision) -> bool:
    return found.source in (DecisionSource.PERSON, DecisionSource.FILE)


def _decided(release: ReleasePlan, word: str, value: str) -> ReleasePlan:
    """The release with one field decided by the person; the reason stays where the value does."""
    field = FIELDS[word]
    old = decision(release, word)
    made = Decision(value, DecisionSource.PERSON, old.reason if value == old.value else "")
    ask = tuple(name for name in release.ask if name != field_name(field))
    return _replaced(replace(release, ask=ask), field, made)


def _replaced(release: ReleasePlan, field: str, made: Decision) -> ReleasePlan:
    match field:
        case "rollout_phase":
            return replace(release, rollout_phase=made)
        case "component_type":
            return replace(release, component_type=made)
        case "domain":
            return replace(release, domain=made)
        case "path":
            return replace(release, path=made)
        case "tier":
            return replace(release, tier=made)
        case "project":
            return replace(release, project=made)
        case "component":
            return replace(release, component=made)
        case _:
            return replace(release, wave=made)


def _with_release(plan: Plan, release: ReleasePlan) -> Plan:
    """The plan with one release exchanged, and its questions gone where they are answered."""
    releases = tuple(release if other.id == release.id else other for other in plan.releases)
    answered = {
        f"releases/{release.id}/{field_name(field)}"
        for word, field in FIELDS.items()
        if _is_persons(decision(release, word))
    }
    questions = tuple(question for question in plan.questions if question.key not in answered)
    return replace(plan, releases=releases, questions=questions)
