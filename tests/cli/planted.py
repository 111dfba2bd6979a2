"""An estate with sixty secrets in it, each in another place or of another kind, for ``test_planted_secrets``."""

from __future__ import annotations

import base64
import random
from dataclasses import dataclass, field

_LETTERS = "abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"


@dataclass
class Planting:
    """The estate's files, the decrypted twins, and the secrets by the place where each was put."""

    files: dict[str, str] = field(default_factory=dict)
    twins: dict[str, str] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)
    variables: dict[str, str] = field(default_factory=dict)
    _drawn: random.Random = field(default_factory=lambda: random.Random(7))

    def text(self, place: str, length: int = 24, letters: str = _LETTERS) -> str:
        """A new random secret, remembered under its place."""
        assert place not in self.secrets, place
        self.secrets[place] = "".join(self._drawn.choice(letters) for _ in range(length))
        return self.secrets[place]

    def shaped(self, place: str, head: str, length: int, letters: str = _LETTERS, tail: str = "") -> str:
        """A new secret with the shape of a token."""
        body = self.text(place, length, letters)
        self.secrets[place] = f"{head}{body}{tail}"
        return self.secrets[place]

    def key(self, place: str) -> str:
        """A new private key of one line of content, which is what is looked for."""
        body = self.text(place, 64)
        return f"-----BEGIN RSA PRIVATE KEY-----\n{body}\n-----END RSA PRIVATE KEY-----"


def _chart(p: Planting) -> None:
    p.files["charts/app/Chart.yaml"] = "apiVersion: v2\nname: app\nversion: 1.0.0\n"
    p.files["charts/app/values.yaml"] = (
        f"defaultPassword: {p.text('chart default')}\n"
        f"nested:\n  api_key: {p.text('nested chart default')}\n"
        f"# token of the registry: {p.shaped('comment of a chart', 'ghp_', 36)}\n"
    )
    p.files["charts/app/templates/all.yaml"] = (
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: {{ .Release.Name }}-all}\ndata:\n"
        "  values: |\n    {{- .Values | toYaml | nindent 4 }}\n"
        f"  fixed: {p.shaped('chart template', 'glpat-', 20)}\n"
        "  under_another_name: {{ .Values.nested.api_key }}\n"
        "---\napiVersion: v1\nkind: Secret\nmetadata: {name: {{ .Release.Name }}-secret}\n"
        "stringData:\n  all: {{ .Values | toJson | quote }}\n"
        "data:\n  ini: {{ .Values | toYaml | b64enc }}\n"
        "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: {{ .Release.Name }}}\nspec:\n"
        "  selector: {matchLabels: {a: b}}\n  template:\n    metadata: {labels: {a: b}}\n    spec:\n      containers:\n"
        "        - name: c\n          image: example.org/c:1\n          env:\n"
        '            - {name: DB_PASSWORD, value: {{ .Values.password | default "none" | quote }}}\n'
    )
    p.files["charts/quiet/Chart.yaml"] = "apiVersion: v2\nname: quiet\nversion: 1.0.0\n"
    p.files["charts/quiet/templates/all.yaml"] = (
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: {{ .Release.Name }}}\ndata: {word: {{ .Values.word }}}\n"
    )
    p.files["charts/app/files/id_rsa"] = p.key("file of a chart") + "\n"


def _sops(p: Planting) -> None:
    def closed(text: str) -> str:
        return f"ENC[AES256_GCM,data:{base64.b64encode(text[:4].encode()).decode()},iv:x,tag:y,type:str]"

    for name, where in (("secrets/app.yaml", "release"), ("secrets/env.yaml", "environment")):
        values = {
            "password": p.text(f"{where} secret: password"),
            "word": p.text(f"{where} secret: letters only", 20, "abcdefghijkmnopqrstuvwxyz"),
            "digits": p.text(f"{where} secret: digits", 14, "123456789"),
            "dsn": f"postgres://u:{p.text(f'{where} secret: in an address')}@db:5432/x",
            "special": p.text(f"{where} secret: special letters", 20, "ab9#@!%^*()=+"),
            "item": p.text(f"{where} secret: item of a list"),
            "inner": p.text(f"{where} secret: inside JSON"),
        }
        key = p.key(f"{where} secret: private key").replace("\n", "\n    ")
        p.twins[name] = (
            f"{where}:\n  password: {values['password']}\n  word: {values['word']}\n  digits: '{values['digits']}'\n"
            f"  dsn: {values['dsn']}\n  special: '{values['special']}'\n  list:\n    - {values['item']}\n"
            f'  json: \'{{"token": "{values["inner"]}"}}\'\nkey: |\n  {key}\n'
        )
        shut = closed("x")
        p.files[name] = (
            f"{where}:\n  password: {shut}\n  word: {shut}\n  digits: {shut}\n  dsn: {shut}\n  special: {shut}\n"
            f"  list:\n    - {shut}\n  json: {shut}\n  key: {shut}\nsops: {{mac: x}}\n"
        )
    p.files["secrets/plain.txt"] = p.text("file behind ref+file") + "\n"
    p.files["secrets/tree.yaml"] = f"a:\n  b: {p.text('key of a file behind ref+file')}\n"


def _references(p: Planting) -> str:
    p.variables["PLANTED"] = p.text("variable behind ref+envsubst")
    p.files["values/references.yaml"] = (
        f"first: ref+echo://{p.text('ref+echo in a values file')}\n"
        f"short: ref+echo://{p.text('short ref+echo', 7)}\n"
        f"inside: pre-ref+echo://{p.text('ref+echo inside a text')}+-post\n"
    )
    return f"""\
      - values/references.yaml
      - echoed: ref+echo://{p.text("ref+echo inline")}
        fragment: ref+echo://a/{p.text("ref+echo with a key")}#/a
        file: ref+file://./secrets/plain.txt
        tree: ref+file://./secrets/tree.yaml#/a/b
        variable: ref+envsubst://$PLANTED
        listed: [ref+echo://{p.text("ref+echo in a list")}]
        database:
          password: ref+echo://{p.text("ref+echo under a password")}
"""


def _plain(p: Planting) -> tuple[str, str]:
    """Values entries and other keys of a release with secrets in plain text."""
    p.files["values/plain.yaml"] = (
        f"# the old password: {p.shaped('comment of a values file', 'sk_live_', 24)}\n"
        f"password: {p.text('values file: password')}\n"
        f"auth: {{client_secret: {p.text('values file: flow style')}}}\n"
        f'quoted: {{"apiKey": "{p.text("values file: quoted")}"}}\n'
        f"env:\n  - name: SESSION_TOKEN\n    value: {p.text('values file: name and value')}\n"
        f"ini: |\n  user=a\n  password={p.text('values file: ini inside')}\n"
        f"args: [--token={p.text('values file: argument')}]\n"
        f"url: https://bot:{p.text('values file: address')}@git.example.org/x\n"
        f"jdbc: jdbc:mysql://h/d?user=a&password={p.text('values file: query')}\n"
        f"aws: {p.shaped('values file: AWS', 'AKIA', 16, 'ABCDEFGHJKLMNPQRSTUVWXYZ234567')}\n"
        f"slack: {p.shaped('values file: Slack', 'xoxb-', 40)}\n"
        f"google: {p.shaped('values file: Google', 'AIza', 35)}\n"
        f"vault: {p.shaped('values file: Vault', 'hvs.', 40)}\n"
        f"age: {p.shaped('values file: age', 'AGE-SECRET-KEY-1', 58, 'QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L')}\n"
        f"npm: '//r.example.org/:_authToken={p.shaped('values file: npm', 'npm_', 36)}'\n"
        f"sendgrid: SG.{p.text('values file: SendGrid', 22)}.{'a1B2' * 10}abc\n"
        f"bcrypt: {p.shaped('values file: bcrypt', '$2a$10$', 53)}\n"
    )
    secret = p.shaped("values file: base64 of a token", "ghp_", 36)
    p.files["values/plain.yaml"] += f"data: {base64.b64encode(secret.encode()).decode()}\n"
    p.secrets["values file: base64 as it stands"] = base64.b64encode(secret.encode()).decode()
    key = p.key("values file: private key").replace("\n", "\n  ")
    p.files["values/plain.yaml"] += f"tls: |\n  {key}\n"
    p.files["values/made.yaml.gotmpl"] = "token: {{ .Values.front }}{{ .Values.back }}\n"
    whole = p.text("output of a template", 32)
    p.files["env/default.yaml"] = f"front: {whole[:16]}\nback: {whole[16:]}\nstatePassword: {p.text('state value')}\n"
    p.files["values/state.yaml.gotmpl"] = "state: {password: {{ .Values.statePassword }}}\n"
    p.files["files/set.txt"] = p.key("file of set")
    p.variables["TOKEN"] = p.shaped("variable of env", "ghp_", 36)
    named = p.shaped("name of a file", "AKIA", 16, "ABCDEFGHJKLMNPQRSTUVWXYZ234567")
    p.files[f"values/{named}.yaml"] = "a: 1\n"
    values = f"""\
      - values/plain.yaml
      - values/made.yaml.gotmpl
      - values/state.yaml.gotmpl
      - values/{named}.yaml
      - inline: {{password: {p.text("inline values")}}}
"""
    keys = f"""\
    labels: {{owner: {p.shaped("label", "glpat-", 20)}}}
    set:
      - {{name: setPassword, value: {p.text("set")}}}
      - {{name: listed.token, values: [{p.text("set of a list")}]}}
      - {{name: fromFile, file: files/set.txt}}
    setString:
      - {{name: stringToken, value: {p.text("setString")}}}
    env:
      - {{name: fromEnv, value: TOKEN}}
    hooks:
      - events: [presync]
        command: login
        args: [--password={p.text("argument of a hook")}]
    postRendererArgs: [--token, {p.shaped("argument of a post-renderer", "ghp_", 36)}]
    description: uses {p.shaped("description", "ghp_", 36)}
"""
    return values, keys


def planted() -> Planting:
    """The estate below helmfiles/, with everything in it."""
    p = Planting()
    _chart(p)
    _sops(p)
    references = _references(p)
    values, keys = _plain(p)
    patch = p.shaped("patch", "glpat-", 20)
    p.files["10-apps.yaml.gotmpl"] = f"""\
environments:
  default:
    values: [env/default.yaml]
    secrets: [secrets/env.yaml]
---
releases:
  - name: closed
    namespace: apps
    chart: ./charts/app
    secrets: [secrets/app.yaml]
    values:
      - fromEnvironment: {{{{ .Values.environment | toJson }}}}
        fetched: {{{{ fetchSecretValue "ref+echo://{p.text("fetchSecretValue")}" }}}}
  - name: referring
    namespace: apps
    chart: ./charts/app
    values:
{references}\
    set:
      - {{name: token, value: ref+echo://{p.text("ref+echo in set")}}}
  - name: quiet
    namespace: apps
    chart: ./charts/quiet
    values:
      - word: ref+echo://{p.text("ref+echo in a render without any Secret")}
  - name: loud
    namespace: apps
    chart: ./charts/quiet
    values: [{{word: hello}}]
  - name: plain
    namespace: apps
    chart: ./charts/app
    values:
{values}\
{keys}\
  - name: patched
    namespace: apps
    chart: ./charts/app
    jsonPatches:
      - target: {{kind: Deployment, name: patched}}
        patch: [{{op: add, path: /metadata/annotations, value: {{token: {patch}}}}}]
"""
    return p
