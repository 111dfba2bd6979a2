"""Walks a person through the plan: layer by layer, release by release where wanted, and a review at the end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from migrate.doors.secret_shapes import shown
from migrate.model.finding import Finding
from migrate.model.graph import ReleaseGraph
from migrate.model.plan import Plan
from migrate.model.words import many
from migrate.wizard.answers import (
    FIELDS,
    asked_words,
    components,
    decision,
    guessed_words,
    is_persons,
    is_settled,
    open_count,
    scopes,
    with_accepted,
    with_value,
    without_answers,
)
from migrate.wizard.asker import Asker, Line, Option
from migrate.wizard.component_sets import SETS, open_sets, review_sets, set_lines, type_of, with_set
from migrate.wizard.effects import difference_lines, effect_lines, errors, finding_lines
from migrate.wizard.lines import BLANK, layer_lines, phase_lines, release_lines, review_lines, welcome_lines
from migrate.wizard.questions import (
    FIND,
    HELP,
    HELP_TEXTS,
    KEYS,
    NOTHING,
    OFFERED,
    PATTERNS,
    QUIT,
    SKIP,
    TOGETHER,
    URL,
)

Save = Callable[[Plan], None]
Propose = Callable[[Plan], Plan]
Check = Callable[[Plan], tuple[Finding, ...]]
_MOST_FOUND = 12


def run_wizard(
    plan: Plan,
    graph: ReleaseGraph,
    asker: Asker,
    *,
    save: Save,
    propose: Propose,
    check: Check,
    on_disk: Plan | None = None,
) -> Plan:
    """The plan after every answer; ``save`` is called after each one, so that nothing is ever lost.

    ``propose`` makes the plan anew around what the person decided (phases follow); ``check`` says what does not hold
    in a plan; ``on_disk`` is the plan in the file, to compare with. What a person decided earlier is not asked again:
    the walk begins at the first layer with anything open. ``save and quit`` returns what there is.

    Raises:
        KeyboardInterrupt: Ctrl-C; everything answered before it has been saved.
    """
    session = _Session(plan, graph, asker, save, propose, check, on_disk)
    try:
        session.run()
    except _Quit:
        save(session.plan)
    return session.plan


class _Quit(Exception):  # noqa: N818 - an answer, not an error
    """The person chose to save and quit."""


class _Jump(Exception):  # noqa: N818 - an answer, not an error
    """The person chose to go on at another layer."""

    def __init__(self, place: int) -> None:
        super().__init__(place)
        self.place = place


class _Session:
    """One sitting: the plan as it stands, and who is asked."""

    def __init__(
        self,
        plan: Plan,
        graph: ReleaseGraph,
        asker: Asker,
        save: Save,
        propose: Propose,
        check: Check,
        on_disk: Plan | None,
    ) -> None:
        self.plan = plan
        self._start = plan
        self._graph = graph
        self._asker = asker
        self._save = save
        self._propose = propose
        self._check = check
        self._on_disk = on_disk
        # Which releases get an Application is not asked here, so the layers stay the same.
        self._layers = tuple(dict.fromkeys(release.layer for release in components(plan)))

    def run(self) -> None:
        """Walk until the review is left; a place is a layer's number, and the one after the last is the review."""
        self._show(welcome_lines(self.plan))
        self._component_sets()
        place: int | None = self._open_from(0)
        while place is not None:
            try:
                place = self._review() if place == len(self._layers) else self._layer(place)
            except _Jump as jump:
                place = jump.place

    def _open_from(self, place: int) -> int:
        """The first layer from ``place`` on with anything open; the review where there is none."""
        still = {release.layer for release in self.plan.releases if not is_settled(release)}
        return next((n for n in range(place, len(self._layers)) if self._layers[n] in still), len(self._layers))

    def _component_sets(self) -> None:
        """Ask what becomes of what a cluster type goes without; nothing where the plan names no types."""
        for question in open_sets(self.plan):
            kind = type_of(question)
            self._show(set_lines(self.plan, question))
            answer = self._choose("set", f"{kind} is to have:", (*SETS, SKIP, QUIT), question.proposal)
            if answer != SKIP.value:
                self._keep(self._propose(with_set(self.plan, kind, answer)))

    # Layers

    def _layer(self, place: int) -> int:
        """Ask about one layer until it is accepted, skipped or left; the place to go on at."""
        layer = self._layers[place]
        where = f"{place + 1} of {len(self._layers)}"
        while True:
            names = tuple(release.id for release in components(self.plan, layer))
            left = tuple(name for name in names if not is_settled(self.plan.by_id()[name]))
            self._show(layer_lines(self.plan, layer, where))
            options = self._layer_options(names, left, back=place > 0)
            default = "each" if left and len(left) < len(names) else "accept"
            answer = self._choose("layer", f"{layer} (layer {where}, {open_count(self.plan)} open):", options, default)
            if answer == "back":
                return place - 1
            if answer == "skip":
                return self._open_from(place + 1)
            if answer == "accept":
                self._accept_layer(names)
                return self._open_from(place + 1)
            if answer == "several":
                self._several(layer)
            elif answer == "look":
                doubtful = {**guessed_words(self.plan), **asked_words(self.plan)}
                self._each(tuple(name for name in names if name in doubtful))
            elif answer == "each" and self._each(names, start=names.index(left[0]) if left else 0):
                return self._open_from(place + 1)

    def _layer_options(self, names: tuple[str, ...], left: tuple[str, ...], *, back: bool) -> tuple[Option, ...]:
        some = bool(left) and len(left) < len(names)
        accept = f"accept the rest of this layer ({len(left)})" if some else "accept all of this layer"
        each = f"go on with its open releases ({len(left)})" if some else "go through its releases"
        doubtful = {**guessed_words(self.plan), **asked_words(self.plan)}
        unsure = sum(name in doubtful for name in names)
        options = [Option("accept", accept, "a"), Option("each", each, "g")]
        if unsure:
            options.append(Option("look", f"look at what is not sure ({unsure})", "l"))
        options += [Option("several", "answer for several at once", "m"), SKIP]
        if back:
            options.append(Option("back", "back to the layer before", "b"))
        return (*options, FIND, QUIT)

    def _accept_layer(self, names: tuple[str, ...]) -> None:
        """Take all proposals; what a rule leaves to a person is asked afterwards, one by one."""
        asked = {name: words for name, words in asked_words(self.plan).items() if name in names}
        self._keep(self._propose(with_accepted(self.plan, names, spare=asked)))
        self._each(tuple(asked))

    def _each(self, names: tuple[str, ...], start: int = 0) -> bool:
        """Ask about one release after the other; False where the person went back from the first, to the layer."""
        place = start
        while 0 <= place < len(names):
            layer = self.plan.by_id()[names[place]].layer
            back = "back to the release before" if place else "back to the layer"
            answer = self._release(names[place], f"{place + 1} of {len(names)} in {layer}", back)
            place += -1 if answer == "back" else 1
        return place >= 0

    # One release

    def _release(self, name: str, where: str, back: str) -> str:
        """Ask about one release until the person accepts, skips or leaves it."""
        whole = False
        while True:
            release = self.plan.by_id()[name]
            self._show(release_lines(self.plan, self._graph, name, where, whole=whole))
            # The values stand in the table above, so the menu does not say them again.
            fields = [Option(word, f"change {word}", KEYS.get(word, "")) for word in FIELDS]
            extra = [] if whole else [Option("evidence", "show all the evidence", "e")]
            if any(is_persons(decision(release, word)) for word in FIELDS):
                extra.append(Option("propose", "take back what you decided: propose anew", "u"))
            options = (Option("accept", "accept as it is", "a"), *fields, *extra, SKIP, Option("back", back, "b"))
            question = f"{name} ({where}, {open_count(self.plan)} open):"
            answer = self._choose("release", question, (*options, FIND, QUIT), "accept")
            if answer in FIELDS:
                self._change(name, answer)
            elif answer == "evidence":
                whole = True
            elif answer == "propose":
                after = self._propose(without_answers(self.plan, (name,)))
                self._take(after, (name,), "take the proposals", "leave it as it is")
            elif answer != FIND.value:
                if answer == "accept":
                    self._keep(self._propose(with_accepted(self.plan, (name,))))
                return answer

    def _change(self, name: str, word: str) -> None:
        """Take a new value for one field, after showing what follows from it."""
        current = decision(self.plan.by_id()[name], word).value
        value = self._value(word, current)
        if value != current:
            after = self._propose(with_value(self.plan, (name,), word, value))
            self._take(after, (name,), f"take {word} {value}", f"leave it at {current}")

    def _value(self, word: str, current: str) -> str:
        if word in OFFERED:
            options = tuple(
                Option(value, f"{value} (as it is)" if value == current else value) for value in OFFERED[word]
            )
            return self._choose(word, f"{word}:", options, current)
        if word == "phase":
            self._show(phase_lines(self.plan, current))
        pattern, told = PATTERNS[word]
        return self._enter(word, f"{word}:", current, lambda text: "" if pattern.fullmatch(text) else told)

    def _take(self, after: Plan, names: tuple[str, ...], take: str, leave: str) -> None:
        """Show what the plan ``after`` an answer changes, and keep it where the person wants it."""
        already = set(self._check(self.plan))
        new = [finding for finding in self._check(after) if finding not in already]
        self._show([Line("This would change:"), *effect_lines(self.plan, after, new, frozenset(names))])
        options = (Option("take", take, "t"), Option("leave", leave, "l"))
        if self._choose("take", "Take it?", options, "leave" if errors(new) else "take") == "take":
            self._keep(after)

    # Several releases

    def _several(self, layer: str) -> None:
        """One answer for many releases: all of the layer, or all of a kind, here or in the whole estate."""
        fields = tuple(Option(word, f"set their {word}", KEYS.get(word, "")) for word in TOGETHER)
        options = (Option("accept", "accept their proposals", "a"), *fields, NOTHING)
        word = self._choose("several", "For several at once:", options, "accept")
        if word == NOTHING.value:
            return
        choices = scopes(self.plan, layer)
        labels = tuple(Option(key, f"{key} ({len(names)})") for key, names in choices.items())
        scope = self._choose("scope", "For which releases?", (*labels, NOTHING), next(iter(choices)))
        if scope == NOTHING.value:
            return
        names = choices[scope]
        if word == "accept":
            self._keep(self._propose(with_accepted(self.plan, names, spare=asked_words(self.plan))))
            self._show([Line(f"accepted: {scope} ({len(names)})", "  ")])
            return
        value = self._value(word, decision(self.plan.by_id()[names[0]], word).value)
        after = self._propose(with_value(self.plan, names, word, value))
        self._take(after, names, f"take {word} {value} for {many(len(names), 'release')}", "leave them as they are")

    def _find(self) -> None:
        """Ask for a part of a name; a layer is jumped to, a release is asked about at once."""
        text = self._enter("search", "part of a name (nothing: all layers):", "", lambda _: "").strip().lower()
        layers = {f"layer:{place}": layer for place, layer in enumerate(self._layers) if text in layer.lower()}
        names = [r.id for r in components(self.plan) if text and (text in r.id.lower() or text in r.component.value)]
        options = [Option(key, f"layer {layer}") for key, layer in layers.items()]
        options += [Option(name, name) for name in names[:_MOST_FOUND]]
        if len(names) > _MOST_FOUND:
            self._show([Line(f"{len(names)} releases have {text}; here are the first {_MOST_FOUND}", "  ")])
        if not options:
            self._show([Line(f"no release and no layer has {text} in its name", "  ")])
            return
        answer = self._choose("found", "Go to:", (*options, NOTHING), options[0].value)
        if answer in layers:
            raise _Jump(int(answer.removeprefix("layer:")))
        if answer != NOTHING.value:
            self._release(answer, f"in {self.plan.by_id()[answer].layer}", "back to where I was")

    # The end

    def _review(self) -> int | None:
        """Show everything; the place to go to, or None where the person is done."""
        differs = difference_lines(self._propose(without_answers(self.plan)), self.plan)
        changed = difference_lines(self._on_disk, self.plan) if self._on_disk else None
        found = errors(self._check(self.plan))
        decided = open_count(self._start) - open_count(self.plan)
        lines = review_lines(self.plan, differs, changed, decided)
        self._show([*lines, *review_sets(self.plan), *finding_lines(found)])
        waiting = len(asked_words(self.plan))
        wrong = f", {len(found)} broken" if found else f", {waiting} not decided" if waiting else ""
        options = [Option("finish", f"save and finish{wrong}")]
        first_open = self._open_from(0)
        if first_open < len(self._layers):
            options.append(Option("open", f"go to what is still open ({open_count(self.plan)})", "o"))
        options += [Option("target", "change the target repository", "t"), FIND]
        options.append(Option("back", "back to the last layer", "b"))
        if self.plan != self._start:
            options.append(Option("undo", "undo every answer of this sitting", "u"))
        answer = self._choose("review", "Done?", tuple(options), "finish")
        if answer == "finish":
            self._save(self.plan)
            return None
        if answer == "target":
            self._target()
        elif answer == "undo":
            self._undo()
        return {"open": first_open, "back": len(self._layers) - 1}.get(answer, len(self._layers))

    def _undo(self) -> None:
        again = many(open_count(self._start) - open_count(self.plan), "release")
        self._show(
            [Line(f"This would leave {again} open again, and change:"), *difference_lines(self.plan, self._start)]
        )
        options = (Option("undo", "undo all of it"), Option("leave", "leave everything as it is"))
        if self._choose("undo", "Undo this sitting?", options, "leave") == "undo":
            self._keep(self._start)

    def _target(self) -> None:
        """Ask for the repository that Argo CD will read, since nothing in the estate can say it."""
        current = self.plan.repo_url
        told = "such as https://host/path.git"
        value = self._enter("target", "repository URL:", current, lambda text: "" if URL.fullmatch(text) else told)
        if value != current:
            self._keep(self._propose(replace(self.plan, repo_url=value)))

    # Asking

    def _choose(self, kind: str, question: str, options: tuple[Option, ...], default: str) -> str:
        """One of ``options``. Help is given here and the same asked again; so is the search, but what was found and
        answered may have changed what stands above the question: whoever asks shows it anew."""
        while True:
            answer = self._asker.choose(question, (*options, HELP), default)
            if answer == QUIT.value:
                raise _Quit
            if answer == FIND.value:
                self._find()
            if answer != HELP.value:
                return answer
            self._help(kind)

    def _enter(self, kind: str, question: str, default: str, fault: Callable[[str], str]) -> str:
        while True:
            answer = self._asker.enter(question, default, lambda text: "" if text.strip() == "?" else fault(text))
            if answer.strip() != "?":
                return answer
            self._help(kind)

    def _help(self, kind: str) -> None:
        self._show([BLANK, *(Line(text, "  ") for text in HELP_TEXTS[kind].split("\n\n"))])

    def _keep(self, plan: Plan) -> None:
        self.plan = plan
        self._save(plan)

    def _show(self, lines: list[Line]) -> None:
        for line in lines:  # a label, or what a name is made of, may be a token
            self._asker.show(replace(line, text=shown(line.text)))
