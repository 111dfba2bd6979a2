"""What charts draw in their common forms: the line, the value that holds it still, the value that switches it off."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from migrate.model.estate import ValuesKind
from migrate.model.finding import Finding, Severity
from migrate.model.manifest import Drawn, Rendered
from migrate.render import RenderCache, render_release, with_drawn
from tests.emit.emit_nouns import make_estate, make_layer, make_release

CHARTS = Path(__file__).parents[2] / "helmfiles/charts"
WriteChart = Callable[[Mapping[str, str]], str]


def secret(data: str, head: str = "", tail: str = "") -> str:
    return f"{head}apiVersion: v1\nkind: Secret\nmetadata: {{name: own}}\ndata:\n{data}{tail}"


def rendered(chart: str, values: str = "") -> Rendered:
    """A release of the chart, rendered as the pipeline does for a plan."""
    root, _, folder = chart.rpartition("/")
    layers = (make_layer(values, "", ValuesKind.INLINE),) if values else ()
    release = make_release("web", namespace="apps", chart_path=folder, values=layers)
    estate = make_estate(Path(root), release, environments=("dev",))
    cache = RenderCache()
    found = render_release(estate, release, kube_version="1.34.0", cache=cache)
    assert not found.error
    return with_drawn(estate, release, found, kube_version="1.34.0", cache=cache)


def drawn(chart: str, values: str = "") -> tuple[Drawn, ...]:
    """What a release of the chart draws."""
    return rendered(chart, values).drawn


def with_findings(chart: str) -> tuple[Finding, ...]:
    """What a person is told of a release of the chart."""
    return rendered(chart).findings


def told(found: tuple[Drawn, ...]) -> list[tuple[str, str, tuple[str, ...], str]]:
    """Object and field, the line that writes it, the pins, the switch."""
    return [(f"{d.key.kind} {d.path}", f"{d.template}:{d.line}", d.pins, d.switch) for d in found]


def calls(found: tuple[Drawn, ...]) -> list[str]:
    return [f"{file}:{line} {function}" for d in found for file, line, function in d.calls]


def test_a_default_names_its_value(write_chart: WriteChart) -> None:
    data = "  pw: {{ .Values.auth.password | default (randAlphaNum 16) | b64enc }}\n"
    found = drawn(write_chart({"templates/s.yaml": secret(data), "values.yaml": "auth: {password: ''}\n"}))
    assert told(found) == [("Secret data.pw", "templates/s.yaml:5", ("auth.password",), "")]
    assert calls(found) == ["templates/s.yaml:5 randAlphaNum"]
    assert found[0].key.namespace == "apps"


HELPER = """{{- define "shop.password" -}}
{{- $held := lookup "v1" "Secret" .context.Release.Namespace .secret -}}
{{- $given := "" -}}
{{- range .providedValues -}}
{{- $value := $.context.Values -}}
{{- range splitList "." . -}}{{- $value = ternary (index $value .) "" (and $value (hasKey $value .)) -}}{{- end -}}
{{- if $value -}}{{- $given = $value -}}{{- end -}}
{{- end -}}
{{- if $given -}}{{ $given | b64enc }}
{{- else if $held -}}{{ index $held.data .key }}
{{- else -}}
{{ randAlphaNum 10 | b64enc }}
{{- end -}}
{{- end }}
"""
MANAGED = "".join(
    f'  {key}: {{{{ include "shop.password" (dict "secret" "own" "key" "{key}" "providedValues" (list "auth.{value}") '
    '"context" $) }}\n'
    for key, value in (("pw", "password"), ("root", "root"))
)


def test_a_helper_that_is_told_its_values_by_name(write_chart: WriteChart) -> None:
    """The form of the libraries that manage passwords: a path as a text, what the cluster holds, a new one."""
    found = drawn(
        write_chart(
            {
                "templates/_p.tpl": HELPER,
                "templates/s.yaml": secret(MANAGED, "{{- if not .Values.auth.existingSecret }}\n", "{{- end }}\n"),
                "values.yaml": "auth: {password: '', root: '', existingSecret: ''}\n",
            }
        )
    )
    assert told(found) == [
        ("Secret data.pw", "templates/s.yaml:6", ("auth.password",), "auth.existingSecret"),
        ("Secret data.root", "templates/s.yaml:7", ("auth.root",), "auth.existingSecret"),
    ]
    assert set(calls(found)) == {"templates/_p.tpl:12 randAlphaNum", "templates/_p.tpl:2 lookup"}
    assert {d.switch_to for d in found} == {"own"}


WEBHOOK = """{{- if not .Values.webhook.certManager.enabled }}
{{- $ca := genCA "shop-ca" 3650 }}
{{- $cert := genSignedCert "shop" nil (list "shop.apps.svc") 3650 $ca }}
apiVersion: v1
kind: Secret
metadata: {name: own}
data:
  tls.crt: {{ $cert.Cert | b64enc }}
  tls.key: {{ $cert.Key | b64enc }}
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {name: shop}
webhooks:
  - {name: a.example.com, clientConfig: {caBundle: {{ $ca.Cert | b64enc }}}}
{{- else }}
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {name: shop}
webhooks:
  - {name: a.example.com, clientConfig: {}}
{{- end }}
"""


def test_certificates_of_a_webhook_go_over_to_cert_manager(write_chart: WriteChart) -> None:
    values = "webhook: {enabled: true, certManager: {enabled: false}}\n"
    found = drawn(write_chart({"templates/w.yaml": WEBHOOK, "values.yaml": values}))
    assert [(f.key.kind, f.path, f.line) for f in found] == [
        ("Secret", 'data["tls.crt"]', 8),
        ("Secret", 'data["tls.key"]', 9),
        ("ValidatingWebhookConfiguration", "webhooks[0].clientConfig.caBundle", 15),
    ]
    assert {(f.switch, f.switch_to, f.pins) for f in found[:2]} == {("webhook.certManager.enabled", True, ())}
    assert {"templates/w.yaml:2 genCA", "templates/w.yaml:3 genSignedCert"} == set(calls(found[:2]))
    assert calls(found[2:]) == ["templates/w.yaml:2 genCA"]


def test_values_that_only_work_together_are_told_together(write_chart: WriteChart) -> None:
    text = """{{- $crt := "" }}{{- $key := "" }}
{{- if and .Values.tls.crt .Values.tls.key }}
{{- $crt = .Values.tls.crt }}{{- $key = .Values.tls.key }}
{{- else }}
{{- $pair := genSelfSignedCert "a" nil nil 9 }}
{{- $crt = $pair.Cert | b64enc }}{{- $key = $pair.Key | b64enc }}
{{- end }}
"""
    chart = write_chart({"templates/s.yaml": secret("  crt: {{ $crt }}\n  key: {{ $key }}\n", text)})
    found = drawn(chart, "tls: {crt: '', key: ''}")
    assert [d.pins for d in found] == [("tls.crt", "tls.key")] * 2
    assert set(calls(found)) == {"templates/s.yaml:5 genSelfSignedCert"}


def test_what_is_derived_from_a_value_is_not_drawn(write_chart: WriteChart) -> None:
    data = '  pw: {{ derivePassword 1 "long" .Values.master "web" "shop" | b64enc }}\n'
    assert drawn(write_chart({"templates/s.yaml": secret(data)}), "master: m") == ()


def test_a_salted_hash_is_drawn_though_its_password_is_not(write_chart: WriteChart) -> None:
    data = "  users: {{ .Values.users | default (htpasswd .Values.user .Values.password) | b64enc }}\n"
    found = drawn(write_chart({"templates/s.yaml": secret(data)}), "user: a\npassword: b\nusers: ''")
    assert told(found) == [("Secret data.users", "templates/s.yaml:5", ("users",), "")]
    assert calls(found) == ["templates/s.yaml:5 htpasswd"]


CONFIG = """apiVersion: v1
kind: ConfigMap
metadata: {name: own}
data:
  id: {{ .Values.id | default uuidv4 | quote }}
"""
WORKLOAD = """apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  template:
    metadata:
      annotations:
        checksum/config: {{ include (print $.Template.BasePath "/c.yaml") . | sha256sum }}
        rollme: {{ randAlphaNum 5 | quote }}
"""


def test_an_annotation_that_rolls_the_pods_is_told_and_is_no_secret(write_chart: WriteChart) -> None:
    found = drawn(write_chart({"templates/c.yaml": CONFIG, "templates/d.yaml": WORKLOAD, "values.yaml": "id: ''\n"}))
    assert told(found) == [
        ("ConfigMap data.id", "templates/c.yaml:5", ("id",), ""),
        ("Deployment spec.template.metadata.annotations.checksum/config", "templates/d.yaml:8", ("id",), ""),
        ("Deployment spec.template.metadata.annotations.rollme", "templates/d.yaml:9", (), ""),
    ]
    assert [d.is_secret for d in found] == [False] * 3


def test_a_checksum_over_a_drawn_secret_is_no_finding_of_its_own(write_chart: WriteChart) -> None:
    data = "  pw: {{ randAlphaNum 16 | b64enc }}\n"
    found = drawn(
        write_chart(
            {
                "templates/c.yaml": secret(data),
                "templates/d.yaml": WORKLOAD.replace("        rollme", "        # rollme"),
            }
        )
    )
    assert [(d.key.kind, d.path) for d in found] == [("Secret", "data.pw")]


def test_a_secret_kept_by_lookup_alone_is_told(write_chart: WriteChart) -> None:
    """It renders the same each time, and not what the cluster holds."""
    head = '{{- $held := lookup "v1" "Secret" .Release.Namespace "own" }}\n{{- $pw := "first" }}\n'
    head += "{{- if $held }}{{- $pw = index $held.data `pw` }}{{- end }}\n"
    chart = write_chart({"templates/s.yaml": secret("  pw: {{ $pw | b64enc }}\n  user: YQ==\n", head)})
    found = drawn(chart)
    assert told(found) == [("Secret data.pw", "templates/s.yaml:8", (), "")]
    assert calls(found) == ["templates/s.yaml:1 lookup"]
    (finding,) = with_findings(chart)
    assert (finding.code, finding.severity) == ("RN002", Severity.INFO)
    assert finding.message.startswith("Secret apps/own: data.pw is what the cluster holds (lookup)")


@pytest.mark.parametrize("alias", ["", "store"])
def test_a_subchart_is_told_by_the_values_that_reach_it(write_chart: WriteChart, alias: str) -> None:
    data = "  pw: {{ .Values.pw | default (.Values.global.pw | default (randAlphaNum 9)) | quote }}\n"
    text = secret(data, "{{- if not .Values.existingSecret }}\n", "{{- end }}\n").replace("\ndata:", "\nstringData:")
    dependency = f"{{name: db, version: 0.1.0{f', alias: {alias}' if alias else ''}}}"
    chart = write_chart(
        {
            "Chart.yaml": f"apiVersion: v2\nname: shop\nversion: 0.1.0\ndependencies: [{dependency}]\n",
            "charts/db/Chart.yaml": "apiVersion: v2\nname: db\nversion: 0.1.0\n",
            "charts/db/values.yaml": "pw: ''\nexistingSecret: ''\n",
            "charts/db/templates/s.yaml": text,
            "values.yaml": "global: {pw: ''}\n",
        }
    )
    name = alias or "db"
    (found,) = drawn(chart)
    assert (found.template, found.line) == ("charts/db/templates/s.yaml", 6)
    assert found.pins in ((f"{name}.pw",), ("global.pw",))
    assert found.switch == f"{name}.existingSecret"


@pytest.mark.parametrize(
    ("before", "expression", "after", "pins"),
    [
        ("{{- with .Values.auth }}\n", "{{ .pw | default (randAlphaNum 9) | b64enc }}", "{{- end }}\n", ("auth.pw",)),
        ("{{- $auth := .Values.auth }}\n", "{{ $auth.pw | default (randAlphaNum 9) | b64enc }}", "", ("auth.pw",)),
        ("{{- $new := randAlphaNum 9 }}\n", "{{ coalesce .Values.auth.pw $new | b64enc }}", "", ("auth.pw",)),
        ("", '{{ index .Values "auth" "pw" | default (randAlphaNum 9) | b64enc }}', "", ("auth.pw",)),
        ("", "{{ randBytes 9 }}", "", ()),
    ],
)
def test_a_value_is_found_however_the_template_names_it(
    write_chart: WriteChart, before: str, expression: str, after: str, pins: tuple[str, ...]
) -> None:
    chart = write_chart({"templates/s.yaml": secret(f"  pw: {expression}\n", before, after)})
    (found,) = drawn(chart, "auth: {pw: '', user: a}")
    assert found.pins == pins


def test_a_switch_that_takes_more_than_the_secret_away_is_no_proposal(write_chart: WriteChart) -> None:
    """``auth.create: false`` takes the ServiceAccount along, and ``existingSecret`` fails here."""
    head = "{{- if .Values.auth.create }}\n"
    account = "---\napiVersion: v1\nkind: ServiceAccount\nmetadata: {name: a}\n{{- end }}\n"
    broken = '{{- if .Values.existingSecret }}{{ fail "no" }}{{ end }}\n'
    chart = write_chart({"templates/s.yaml": secret("  pw: {{ randAlphaNum 9 | b64enc }}\n", broken + head, account)})
    (found,) = drawn(chart, "auth: {create: true}\nexistingSecret: ''")
    assert (found.pins, found.switch) == ((), "")


def test_the_sample_estates_own() -> None:
    found = drawn(str(CHARTS / "third_party/grafana/grafana"))
    pins, switch = ("adminPassword",), "admin.existingSecret"
    assert told(found) == [("Secret data.admin-password", "templates/secret.yaml:11", pins, switch)]
    assert calls(found) == ["templates/_helpers.tpl:32 randAlphaNum", "templates/_helpers.tpl:26 lookup"]


def test_a_person_is_told_the_lines_and_the_values(write_chart: WriteChart) -> None:
    data = "  pw: {{ .Values.pw | default (randAlphaNum 16) | b64enc }}\n"
    text = secret(data, "{{- if not .Values.existingSecret }}\n", "{{- end }}\n")
    chart = write_chart({"templates/s.yaml": text, "templates/d.yaml": WORKLOAD, "templates/c.yaml": CONFIG})
    about = {str(f.source): f for f in with_findings(chart)}
    of_secret, of_pods = about["chart/templates/s.yaml:6"], about["chart/templates/d.yaml:9"]
    assert {f.code for f in about.values()} == {"RN001"}
    assert of_secret.message.startswith("Secret apps/own: data.pw is drawn anew in each render (randAlphaNum)")
    assert of_secret.message.endswith("templates/s.yaml:6 writes it")
    assert "`existingSecret` takes a Secret that exists" in of_secret.hint
    assert "as `pw` holds it still" in of_secret.hint
    assert "ignoreDifferences would only hide it" in of_pods.hint
    assert (of_secret.release, of_secret.environment) == ("apps/web", "dev")


BY_VARIABLE = """{{- define "shop.createSecret" -}}
{{- if not .Values.auth.existingSecret }}true{{ end -}}
{{- end -}}
"""
HEAD = """{{- $given := list "auth.pw" }}
{{- $pw := include "shop.password" (dict "secret" "own" "key" "pw" "providedValues" $given "context" $) }}
{{- if and .Values.auth.create (eq (include "shop.createSecret" .) "true") }}
"""


def test_what_a_helper_decides_is_found_through_variables_and_conditions(write_chart: WriteChart) -> None:
    """Of two values that have the chart make none, the one that names a Secret: the other may mean more than that."""
    chart = write_chart(
        {
            "templates/_p.tpl": HELPER + BY_VARIABLE,
            "templates/s.yaml": secret("  pw: {{ $pw | quote }}\n", HEAD, "{{- end }}\n"),
            "values.yaml": "auth: {pw: '', existingSecret: '', create: true}\n",
        }
    )
    assert told(drawn(chart)) == [("Secret data.pw", "templates/s.yaml:8", ("auth.pw",), "auth.existingSecret")]


@pytest.mark.parametrize(
    ("value", "switch"),
    [
        ("auth.create", ""),
        ("auth.createSecret", "auth.createSecret"),
        ("certs.autoGenerated", "certs.autoGenerated"),
        ("tls.generate", "tls.generate"),
    ],
)
def test_a_boolean_is_a_switch_if_it_speaks_of_the_secret_alone(
    write_chart: WriteChart, value: str, switch: str
) -> None:
    head = f"{{{{- if .Values.{value} }}}}\n"
    chart = write_chart({"templates/s.yaml": secret("  pw: {{ randAlphaNum 9 | b64enc }}\n", head, "{{- end }}\n")})
    above, last = value.split(".")
    (found,) = drawn(chart, f"{above}: {{{last}: true}}")
    assert (found.switch, found.switch_to) == (switch, False if switch else None)


def test_a_chart_that_draws_nothing_is_not_rendered_again(write_chart: WriteChart, tmp_path: Path) -> None:
    assert drawn(write_chart({"templates/s.yaml": secret("  pw: YQ==\n")})) == ()


def test_a_chart_with_a_draw_in_a_branch_that_is_not_taken_draws_nothing(write_chart: WriteChart) -> None:
    data = "  pw: {{ .Values.pw | default (randAlphaNum 16) | b64enc }}\n"
    assert drawn(write_chart({"templates/s.yaml": secret(data)}), "pw: given") == ()
