"""The git generator: files and directories of a repository as parameter sets (rules 1.6 to 1.22)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from migrate.doors.appset_template import floats
from migrate.expand.context import Generation
from migrate.expand.documents import DocumentError, load_document
from migrate.expand.errors import GenerationError
from migrate.expand.params import Params, flat_texts, path_params, with_values
from migrate.model.globs import PatternError, doublestar_matches, go_path_matches, pathspec_matches
from migrate.model.json import JsonObject, JsonValue
from migrate.model.tree import FileTree


def generate_from_git(spec: JsonObject, generation: Generation) -> list[Params]:
    """The parameter sets of a git generator.

    Raises:
        GenerationError: a file that is no YAML, an unknown project, a pattern that git refuses.
    """
    _check_project(generation)
    tree = generation.surroundings.tree(str(spec.get("repoURL", "")))
    if spec.get("directories"):
        return _from_directories(spec, tree, generation)
    if spec.get("files"):
        return _from_files(spec, tree, generation)
    raise GenerationError("the git generator has neither files nor directories")


def _check_project(generation: Generation) -> None:
    project = generation.template_project
    if "{{" not in project and not generation.surroundings.has_project(project):
        raise GenerationError(f'error getting project {project}: AppProject "{project}" not found')


def _chosen(spec: JsonObject, key: str) -> tuple[list[str], list[str]]:
    entries: Any = spec.get(key, [])
    included = [entry.get("path", "") for entry in entries if not entry.get("exclude")]
    return included, [entry.get("path", "") for entry in entries if entry.get("exclude")]


def selected_files(tree: FileTree, included: list[str], excluded: list[str], *, new_globbing: bool) -> list[str]:
    """The files that the patterns choose, bytewise sorted; what is excluded stays out (rule 1.10)."""
    matches: Callable[[str, str], bool] = doublestar_matches if new_globbing else pathspec_matches
    paths = tree.paths()
    if new_globbing:
        _refuse_folders(paths, included + excluded)
    found = {path for pattern in included for path in paths if matches(pattern, path)}
    found -= {path for pattern in excluded for path in paths if matches(pattern, path)}
    return sorted(found, key=lambda path: path.encode())


def _refuse_folders(paths: tuple[str, ...], patterns: list[str]) -> None:
    folders = list(_folders(paths))
    for pattern in patterns:
        for folder in folders:
            if doublestar_matches(pattern, folder):
                raise PatternError(f"pattern {pattern} matches the folder {folder}, which is no file")


def _from_files(spec: JsonObject, tree: FileTree, generation: Generation) -> list[Params]:
    included, excluded = _chosen(spec, "files")
    new_globbing = generation.surroundings.new_git_file_globbing
    try:
        paths = selected_files(tree, included, excluded, new_globbing=new_globbing)
    except PatternError as error:
        raise GenerationError(str(error)) from error
    return [params for path in paths for params in _file_params(path, tree, spec, generation)]


def _file_params(path: str, tree: FileTree, spec: JsonObject, generation: Generation) -> Iterator[Params]:
    folder, _, filename = path.rpartition("/")
    prefix = str(spec.get("pathParamPrefix", ""))
    values: Any = spec.get("values", {})
    for content in _mappings(path, tree):
        located = path_params(folder or ".", filename, prefix, generation.substitution)
        params = floats(content) if generation.substitution.go_template else flat_texts(floats(content))
        yield with_values({**params, **located}, values, generation.substitution)


def _mappings(path: str, tree: FileTree) -> list[JsonObject]:
    """One mapping for a mapping or an empty file, one for each element of a sequence (rule 1.13)."""
    try:
        value = load_document(tree.files[path].decode("utf-8", "replace"))
    except DocumentError as error:
        raise GenerationError(f"unable to process file '{path}': {error}") from error
    if value is None:
        return [{}]
    elements: list[JsonValue] = value if isinstance(value, list) else [value]
    mappings = [{} if element is None else element for element in elements]
    if not all(isinstance(element, dict) for element in mappings):
        raise GenerationError(f"unable to process file '{path}': it holds neither a mapping nor a list of mappings")
    return mappings  # type: ignore[return-value]


def _from_directories(spec: JsonObject, tree: FileTree, generation: Generation) -> list[Params]:
    included, excluded = _chosen(spec, "directories")
    prefix = str(spec.get("pathParamPrefix", ""))
    values: Any = spec.get("values", {})
    return [
        with_values(path_params(folder, None, prefix, generation.substitution), values, generation.substitution)
        for folder in _visible_folders(tree)
        if any(go_path_matches(pattern, folder) for pattern in included)
        and not any(go_path_matches(pattern, folder) for pattern in excluded)
    ]


def _visible_folders(tree: FileTree) -> list[str]:
    """Folders in the order of a depth-first walk; a hidden one is left out with all below it (rule 1.18)."""
    shown = [folder for folder in _folders(tree.paths()) if not any(p.startswith(".") for p in folder.split("/"))]
    return sorted(shown, key=lambda folder: [part.encode() for part in folder.split("/")])


def _folders(paths: tuple[str, ...]) -> Iterator[str]:
    seen: set[str] = set()
    for path in paths:
        parts = path.split("/")[:-1]
        for depth in range(1, len(parts) + 1):
            folder = "/".join(parts[:depth])
            if folder not in seen:
                seen.add(folder)
                yield folder
