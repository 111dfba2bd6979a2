"""A whole tree: environments, projects, and two ApplicationSets that want one name."""

from __future__ import annotations

from migrate.expand import expand_tree
from migrate.model.tree import FileTree

APPSET = """\
apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata: {name: NAME, namespace: argocd}
spec:
  goTemplate: true
  goTemplateOptions: ["missingkey=error"]
  generators:
    - git:
        repoURL: https://git.example.com/estate.git
        revision: main
        files: [{path: "environments/ENV/components/**/component.yaml"}]
  template:
    metadata: {name: '{{ .name }}'}
    spec:
      project: '{{ .project }}'
      source: {repoURL: https://git.example.com/estate.git, targetRevision: main, path: sources/x}
      destination: {server: 'https://elsewhere.example:6443', namespace: x}
"""
PROJECT = "apiVersion: argoproj.io/v1alpha1\nkind: AppProject\nmetadata: {name: platform}\n"


def environment(name: str, **more: str) -> dict[str, str]:
    base = f"environments/{name}"
    files = {
        f"{base}/argocd/apps/components.yaml": APPSET.replace("NAME", "components").replace("ENV", name),
        f"{base}/components/a/component.yaml": f"name: {name}-a\nproject: platform\n",
    }
    return files | {f"{base}/{path}": text for path, text in more.items()}


def tree(*files: dict[str, str]) -> FileTree:
    return FileTree({path: text.encode() for each in files for path, text in each.items()})


def test_every_environment_is_expanded_in_the_order_asked_for() -> None:
    both = tree(environment("prod"), environment("dev"))
    assert [(a.environment, a.name, a.appset) for a in expand_tree(both).applications] == [
        ("dev", "dev-a", "components"),
        ("prod", "prod-a", "components"),
    ]
    asked = expand_tree(both, ("prod", "dev")).applications
    assert [a.environment for a in asked] == ["prod", "dev"]


def test_the_projects_of_the_tree_are_those_that_exist() -> None:
    projects = {"argocd/projects/platform.yaml": PROJECT}
    assert expand_tree(tree(environment("dev", **projects))).errors == ()
    other = {"argocd/projects/platform.yaml": PROJECT.replace("platform", "data")}
    expansion = expand_tree(tree(environment("dev", **other)))
    assert expansion.applications == ()
    assert "platform" in expansion.errors[0].message
    assert expansion.errors[0].environment == "dev"


def test_an_environment_that_the_tree_does_not_have_is_an_error() -> None:
    expansion = expand_tree(tree(environment("dev")), ("dev", "qa"))
    assert [a.name for a in expansion.applications] == ["dev-a"]
    assert [e.environment for e in expansion.errors] == ["qa"]


def test_the_second_appset_that_makes_a_name_does_not_get_it() -> None:
    second = APPSET.replace("NAME", "more").replace("ENV", "dev")
    expansion = expand_tree(tree(environment("dev", **{"argocd/apps/more.yaml": second})))
    assert [(a.name, a.appset) for a in expansion.applications] == [("dev-a", "components")]
    assert [(e.application, e.appset) for e in expansion.errors] == [("dev-a", "more")]


def test_a_broken_file_of_apps_is_named_and_the_others_are_expanded() -> None:
    expansion = expand_tree(tree(environment("dev", **{"argocd/apps/broken.yaml": "a: [\n"})))
    assert [a.name for a in expansion.applications] == ["dev-a"]
    assert "environments/dev/argocd/apps/broken.yaml" in expansion.errors[0].message


def test_a_written_out_application_counts_as_it_is() -> None:
    written = """\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: by-hand}
spec: {project: default, source: {repoURL: here, path: chart, helm: {}}, destination: {namespace: apps}}
"""
    expansion = expand_tree(tree(environment("dev", **{"argocd/apps/one.yaml": written})))
    by_hand = next(a for a in expansion.applications if a.name == "by-hand")
    assert by_hand.appset == ""
    assert "helm" not in by_hand.manifest["spec"]["source"]  # type: ignore[index,call-overload,operator]
