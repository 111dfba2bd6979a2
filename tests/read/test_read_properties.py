"""Laws of reading: what holds for any merge, selector, need, set value and YAML text (rules 4.15, 6.13, 9, 11)."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from typing import Any

from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from migrate.doors.helm import parse_values
from migrate.doors.yaml import YamlError, compose_yaml, dump_yaml, load_yaml, plain_value
from migrate.errors import MigrateError
from migrate.model.finding import SourceLocation
from migrate.read.command_line import command_line_overrides
from migrate.read.merge import fill_section, is_zero, merge_layers, merge_override, merge_sections
from migrate.read.releases import normalised_need
from migrate.read.schema import Section
from migrate.read.selectors import Selector, Term, compatible, parse_selector, selects

settings.register_profile(
    "same", derandomize=True, max_examples=150, deadline=None, suppress_health_check=list(HealthCheck), database=None
)
settings.load_profile("same")

KEYS = st.sampled_from("abcd")
SCALARS = st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from(["", "x", "y"])
DATA: st.SearchStrategy[Any] = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3), max_leaves=12
)
MAPPINGS = st.dictionaries(KEYS, DATA, max_size=4)
# Keys in capitals always hold mappings, others never: shapes agree between any two.
SHAPED: st.SearchStrategy[dict[str, Any]] = st.deferred(
    lambda: st.builds(
        lambda maps, leaves: {**maps, **leaves},
        st.dictionaries(st.sampled_from("MN"), SHAPED, max_size=2),
        st.dictionaries(KEYS, SCALARS, max_size=3),
    )
)  # fmt: skip

Path = tuple[str, ...]


def leaves(data: Mapping[str, Any], above: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Every value that is no mapping, by its path."""
    for key, value in data.items():
        if isinstance(value, dict):
            yield from leaves(value, (*above, key))
        else:
            yield (*above, key), value


def touches(path: Path, others: set[Path]) -> bool:
    """Whether one of the others is this place, above it or below it."""
    return any(path[: len(other)] == other[: len(path)] for other in others)


@given(MAPPINGS, MAPPINGS)
def test_an_override_is_the_leaves_of_the_second_and_the_untouched_ones_of_the_first(
    base: dict[str, Any], over: dict[str, Any]
) -> None:
    second = dict(leaves(over))
    expected = {path: value for path, value in leaves(base) if not touches(path, set(second))} | second
    merged = dict(leaves(merge_override(base, over)))
    # An empty mapping over a leaf replaces it, and has no leaf of its own.
    assert all(merged[path] == value for path, value in second.items())
    assert set(merged) <= set(expected)
    assert all(path in merged or touches_empty(path, over) for path in expected)


def touches_empty(path: Path, over: Any) -> bool:
    """Whether ``over`` holds a mapping at the path or on the way to it, where the base holds a leaf."""
    for key in path:
        if not isinstance(over, dict) or key not in over:
            return False
        over = over[key]
    return isinstance(over, dict)


@given(MAPPINGS)
def test_nothing_laid_over_and_a_mapping_laid_over_itself_change_nothing(data: dict[str, Any]) -> None:
    for merged in (
        merge_override(data, {}), merge_override({}, data), merge_override(data, data),
        merge_layers(data, {}), merge_layers({}, data), merge_layers(data, data),
        merge_layers(data, data, element_wise=True),
    ):  # fmt: skip
        assert merged == data


@given(SHAPED, SHAPED, SHAPED)
def test_merges_are_associative_where_shapes_agree(a: dict[str, Any], b: dict[str, Any], c: dict[str, Any]) -> None:
    assert merge_override(merge_override(a, b), c) == merge_override(a, merge_override(b, c))
    assert merge_layers(merge_layers(a, b), c) == merge_layers(a, merge_layers(b, c))


def test_an_override_is_not_associative_where_a_mapping_gives_way_and_returns() -> None:
    a, b, c = {"k": {"x": 1}}, {"k": 2}, {"k": {"y": 3}}
    assert merge_override(merge_override(a, b), c) == {"k": {"y": 3}}
    assert merge_override(a, merge_override(b, c)) == {"k": {"x": 1, "y": 3}}


@given(MAPPINGS, MAPPINGS, st.booleans())
def test_a_null_of_a_later_layer_takes_nothing_away(base: dict[str, Any], over: dict[str, Any], element: bool) -> None:
    merged = merge_layers(base, over, element_wise=element)
    assert set(merged) == set(base) | set(over)
    for key, value in over.items():
        if value is None:
            assert merged[key] == base.get(key)


@given(st.lists(SCALARS, max_size=4), st.lists(SCALARS, max_size=4))
def test_lists_of_layers_follow_the_sparse_or_the_element_wise_rule(base: list[Any], over: list[Any]) -> None:
    width = max(len(base), len(over))
    taken = [
        over[at] if at < len(over) and (over[at] is not None or at >= len(base)) else base[at] for at in range(width)
    ]
    sparse = taken if None in over else over
    assert merge_layers({"l": base}, {"l": over})["l"] == sparse
    assert merge_layers({"l": base}, {"l": over}, element_wise=True)["l"] == taken


@given(MAPPINGS, MAPPINGS, st.booleans())
def test_merging_changes_neither_side(base: dict[str, Any], over: dict[str, Any], element: bool) -> None:
    before = copy.deepcopy((base, over))
    merge_override(base, over)
    merge_layers(base, over, element_wise=element)
    assert (base, over) == before


# --- typed sections


def section(data: Mapping[str, Any]) -> Section:
    made = Section(SourceLocation("state.yaml", 1))
    made.update(data)
    return made


FIELDS = st.fixed_dictionaries(
    {},
    optional={
        "name": st.sampled_from(["", "x", "y"]), "wait": st.booleans(), "timeout": st.integers(0, 2),
        "needs": st.lists(st.sampled_from("abc"), max_size=2), "labels": st.dictionaries(KEYS, KEYS, max_size=2),
    },
)  # fmt: skip


@given(FIELDS, FIELDS, st.booleans())
def test_a_field_is_the_second_unless_that_is_zero(first: dict[str, Any], second: dict[str, Any], append: bool) -> None:
    base, over = section(first), section(second)
    before = copy.deepcopy((dict(base), dict(over)))
    merged = merge_sections(base, over, append=append)
    assert (dict(base), dict(over)) == before
    for name in {**first, **second}:
        ours, theirs = first.get(name), second.get(name)
        if name not in second or is_zero(theirs):
            expected = ours if name in first else theirs
        elif isinstance(theirs, list):
            expected = [*(ours or []), *theirs] if append else theirs
        elif isinstance(theirs, dict):
            expected = {**(ours or {}), **theirs}
        else:
            expected = theirs
        assert merged[name] == expected


@given(FIELDS, FIELDS, FIELDS)
def test_sections_fold_from_either_end(first: dict[str, Any], second: dict[str, Any], third: dict[str, Any]) -> None:
    a, b, c = section(first), section(second), section(third)
    left = merge_sections(merge_sections(a, b, append=True), c, append=True)
    right = merge_sections(a, merge_sections(b, c, append=True), append=True)
    assert {k: v for k, v in left.items() if not is_zero(v)} == {k: v for k, v in right.items() if not is_zero(v)}


@given(FIELDS, FIELDS)
def test_filling_takes_the_parent_where_the_own_is_zero(own: dict[str, Any], above: dict[str, Any]) -> None:
    filled = fill_section(section(own), section(above))
    for name in {**own, **above}:
        assert filled[name] == (above[name] if is_zero(own.get(name)) and name in above else own[name])


# --- selectors and needs

WORDS = st.text(st.sampled_from("abz09_./+-"), min_size=1, max_size=4)
TERMS = st.builds(Term, st.sampled_from("kmn"), st.sampled_from("vw"), st.booleans())
SELECTORS: st.SearchStrategy[Selector] = st.lists(TERMS, min_size=1, max_size=3).map(tuple)
LABELS = st.dictionaries(st.sampled_from("kmn"), st.sampled_from("vwx"), max_size=3)


@given(st.lists(st.builds(Term, WORDS, WORDS, st.booleans()), min_size=1, max_size=4))
def test_a_selector_reads_as_it_is_written(terms: list[Term]) -> None:
    text = ",".join(f"{term.key}{'!=' if term.negative else '='}{term.value}" for term in terms)
    assert parse_selector(text) == tuple(terms)


@given(st.text(max_size=12))
def test_any_text_is_a_selector_or_an_error_for_people(text: str) -> None:
    try:
        assert parse_selector(text)
    except MigrateError as error:
        hint = error.hint
        event("refused")
    else:
        hint = "none is needed"
    assert hint


@given(st.lists(SELECTORS, max_size=3), st.lists(SELECTORS, max_size=3), LABELS)
def test_selectors_are_an_or_of_ands(some: list[Selector], more: list[Selector], labels: dict[str, str]) -> None:
    assert selects([], labels)
    if some and more:
        assert selects([*some, *more], labels) == (selects(some, labels) or selects(more, labels))
        both = [(*a, *b) for a in some for b in more]
        assert selects(both, labels) == (selects(some, labels) and selects(more, labels))
        if selects(both, labels):
            assert compatible(some, more)


@given(TERMS, LABELS)
def test_a_term_or_its_negation_holds_and_an_absent_label_is_not_equal(term: Term, labels: dict[str, str]) -> None:
    assert term.matches(labels) != Term(term.key, term.value, not term.negative).matches(labels)
    absent = {key: value for key, value in labels.items() if key != term.key}
    assert term.matches(absent) == term.negative


PARTS = st.text(st.sampled_from("abc-"), min_size=1, max_size=3)


@given(PARTS, PARTS, st.lists(PARTS, max_size=3))
def test_a_need_that_names_everything_means_the_same_everywhere(name: str, namespace: str, context: list[str]) -> None:
    need = "/".join([*context, namespace, name])
    anywhere: dict[str, Any] = {"namespace": "other", "kubeContext": "elsewhere"}
    full = normalised_need(need, anywhere if context else {**anywhere, "kubeContext": ""})
    assert full == need
    assert normalised_need(full, anywhere if context else {}) == full
    assert normalised_need(name, {"namespace": namespace, "kubeContext": "/".join(context)}) == need


# --- the command line's values


@given(st.lists(st.sampled_from("abc"), min_size=1, max_size=3), st.sampled_from(["x", "1", "true", "0755", "1.5", ""]))
def test_a_set_value_stands_at_its_path(path: list[str], text: str) -> None:
    found: Any = command_line_overrides([f"{'.'.join(path)}={text}"])
    for key in path:
        assert list(found) == [key]
        found = found[key]
    assert found == {"1": 1, "true": True}.get(text, text)


@given(st.lists(st.text(st.sampled_from("ab.=,[]01\\-{} "), max_size=8), max_size=3))
def test_any_set_value_is_read_or_refused(expressions: list[str]) -> None:
    try:
        found: object = command_line_overrides(expressions)
    except MigrateError as error:
        found = {"refused": error.message}
    assert isinstance(found, dict)
    assert found.get("refused") != ""


# --- YAML

PRINTED = st.characters(codec="utf-8", exclude_categories=("Cs", "Cc", "Co", "Cn"))
TEXTS = st.text(PRINTED, max_size=12) | st.sampled_from(
    ["", "null", "~", "yes", "1e3", "0x1F", "0o17", "012", "1_000", ".5", "+1", "-", "- a", "a: b", "#", "a #b", "'",
     '"',
     "a\nb", "a\n", "\na", " a", "a ", "{{ x }}", "%a", "@", "`", "!a", "&a", "*a", "<<", "=", "2020-01-01", "12:30:45",
     "\t", "a\tb", "\\", "---", "...", "? a", "[a", "{a", "a,b", "|", ">", "1.", "1e999", "0b11",
     ".inf", ".nan", "é", "\u2028"]
)  # fmt: skip
NUMBERS = st.integers(-(2**53), 2**53) | st.floats(-1e15, 1e15, allow_nan=False).filter(
    lambda n: n == 0 or abs(n) > 1e-6
)
PLAIN: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=10,
)


@given(st.dictionaries(TEXTS, PLAIN, max_size=4))
def test_what_is_written_reads_the_same_to_us_and_to_helm(data: dict[str, Any]) -> None:
    text = dump_yaml(data)
    assert plain_value(compose_yaml(text)[0]) == data
    assert load_yaml(text) == data
    assert parse_values(text) == data


@given(st.text(st.characters(codec="utf-8"), max_size=40))
def test_any_text_is_yaml_or_an_error_with_a_line(text: str) -> None:
    for read in (load_yaml, lambda given: [plain_value(node) for node in compose_yaml(given)]):
        line = 0
        try:
            read(text)
        except YamlError as error:
            line = error.line
        assert 0 <= line <= sum(text.count(end) for end in "\n\r\x85\u2028\u2029") + 2
