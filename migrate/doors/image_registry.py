"""The door to registries of images: which architectures an image is there for, and its digest; nothing is pulled.

Only ``migrate images pull`` opens it. It reads manifests and, of an image for one architecture, its configuration.
A login goes to its own registry and nowhere else, not into messages either.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterable, Mapping
from http.client import HTTPException, HTTPMessage
from typing import IO, Any

from migrate.doors.registry import FetchError
from migrate.model.image_facts import ImageFacts
from migrate.model.images import DOCKER_HUB, ImageReference
from migrate.model.json import JsonObject, as_object, objects_in

_TYPES = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
)
_MOST_BYTES = 4 * 1024 * 1024
_SECONDS = 30
_PARAMETER = re.compile(r'([a-z_]+)="([^"]*)"')
_LOCAL = re.compile(r"(localhost|127\.[0-9.]+)(:[0-9]+)?")


class ImageRegistries:
    """Asks registries; ``logins`` maps a registry to ``(user, password)``, ``proxies`` a scheme to a proxy."""

    def __init__(
        self, logins: Mapping[str, tuple[str, str]] | None = None, proxies: Mapping[str, str] | None = None
    ) -> None:
        self._logins, self._tokens = logins or {}, dict[tuple[str, str], str]()
        handlers: Iterable[Any] = (
            urllib.request.ProxyHandler(dict(proxies or {})),
            urllib.request.HTTPHandler(),
            urllib.request.HTTPSHandler(),
            urllib.request.HTTPDefaultErrorHandler(),
            urllib.request.HTTPErrorProcessor(),
            _Redirects(),
        )
        self._opener = urllib.request.OpenerDirector()
        for handler in handlers:
            self._opener.add_handler(handler)

    def facts(self, image: ImageReference) -> ImageFacts:
        """What the image's registry says of it.

        Raises:
            FetchError: with the reason, free of credentials.
        """
        manifest, digest = self._manifest(image, image.digest or image.tag or "latest")
        if isinstance(manifest.get("manifests"), list):
            platforms = [as_object(entry.get("platform")) for entry in objects_in(manifest["manifests"])]
        else:
            config = str(as_object(manifest.get("config")).get("digest") or "")
            content = self._get(image, f"blobs/{config}")
            _check(content, config)
            platforms = [_json(content)]
        return ImageFacts(tuple(dict.fromkeys(filter(None, map(_architecture, platforms)))), digest)

    def _manifest(self, image: ImageReference, reference: str) -> tuple[JsonObject, str]:
        content = self._get(image, f"manifests/{reference}")
        if image.digest:
            _check(content, image.digest)
        return _json(content), f"sha256:{hashlib.sha256(content).hexdigest()}"

    def _get(self, image: ImageReference, path: str) -> bytes:
        """The body of an answer; a registry that asks who is there is told once."""
        url = f"{_address(image.registry)}/v2/{image.path}/{path}"
        key = (image.registry, image.path)
        for last in (False, True):
            try:
                return self._read(url, self._tokens.get(key, ""))
            except urllib.error.HTTPError as error:
                asked = error.headers.get("WWW-Authenticate", "") if error.code == 401 else ""
                if not asked or last:
                    raise FetchError(f"{image.registry} answers {error.code} {_reason(error.code)}") from None
                self._tokens[key] = self._credentials(image, asked)
            except (OSError, HTTPException, ValueError) as error:
                reason = getattr(error, "reason", error)
                raise FetchError(f"{image.registry} cannot be asked: {reason}") from None
        raise FetchError(f"{image.registry} does not answer")

    def _read(self, url: str, authorization: str, accept: Iterable[str] = _TYPES) -> bytes:
        request = urllib.request.Request(url, headers={"Accept": ", ".join(accept)})  # noqa: S310 - http and https alone
        if authorization:
            request.add_unredirected_header("Authorization", authorization)
        with self._opener.open(request, timeout=_SECONDS) as answer:
            content: bytes = answer.read(_MOST_BYTES + 1)
        if len(content) > _MOST_BYTES:
            raise FetchError(f"the answer has more than {_MOST_BYTES} bytes")
        return content

    def _credentials(self, image: ImageReference, asked: str) -> str:
        """The header that a registry asks for: the login itself, or a token that the login, if any, gets."""
        login = self._logins.get(image.registry)
        basic = f"Basic {base64.b64encode(':'.join(login).encode()).decode()}" if login else ""
        kind, _, rest = asked.partition(" ")
        if kind.lower() == "basic":
            if not basic:
                raise FetchError(f"{image.registry} wants a login: give one with --login")
            return basic
        said = dict(_PARAMETER.findall(rest))
        realm = said.get("realm", "")
        # A registry on this machine may have its tokens here, too; no other may send a login to this machine.
        place = urllib.parse.urlsplit(realm)
        if not (place.scheme == "https" or (_LOCAL.fullmatch(image.registry) and _LOCAL.fullmatch(place.netloc))):
            raise FetchError(f"{image.registry} sends for a token to {realm or 'nowhere'}, which is no https address")
        query = {"service": said.get("service", ""), "scope": f"repository:{image.path}:pull"}
        address = f"{realm}?{urllib.parse.urlencode({key: value for key, value in query.items() if value})}"
        try:
            answer = _json(self._read(address, basic, ("application/json",)))
        except (OSError, HTTPException) as error:
            raise FetchError(f"{image.registry} gives no token: {getattr(error, 'reason', error)}") from None
        return f"Bearer {answer.get('token') or answer.get('access_token') or ''}"


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follows to http and https alone, never from https to http. The login, an unredirected header, stays behind."""

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> urllib.request.Request | None:
        schemes = ("https",) if req.type == "https" else ("http", "https")
        if urllib.parse.urlsplit(newurl).scheme not in schemes:
            raise urllib.error.URLError(f"it redirects to {newurl}")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def registry_logins(text: str) -> dict[str, tuple[str, str]]:
    """The logins in a ``config.json`` of docker or helm: ``auths``, not what a helper program keeps.

    Raises:
        ValueError: it is no JSON.
    """
    found = {}
    for name, entry in as_object(as_object(json.loads(text)).get("auths")).items():
        try:
            user, colon, password = base64.b64decode(str(as_object(entry).get("auth") or "")).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            continue
        if colon:
            registry = re.sub(r"^https?://", "", name).partition("/")[0]
            found[DOCKER_HUB if registry.endswith("docker.io") else registry] = (user, password)
    return found


def _address(registry: str) -> str:
    host = "registry-1.docker.io" if registry == DOCKER_HUB else registry
    return f"{'http' if _LOCAL.fullmatch(registry) else 'https'}://{host}"


def _architecture(platform: JsonObject) -> str:
    """``arm64``, ``arm/v7``; empty for another system than Linux, and for attestations, which have none."""
    name, variant = str(platform.get("architecture") or ""), str(platform.get("variant") or "")
    if platform.get("os") not in ("linux", None, "") or name in ("", "unknown"):
        return ""
    return f"{name}/{variant}" if variant and name == "arm" else name


def _json(content: bytes) -> JsonObject:
    try:
        return as_object(json.loads(content))
    except ValueError:
        raise FetchError("the answer is no JSON") from None


def _check(content: bytes, digest: str) -> None:
    kind, _, value = digest.partition(":")
    if kind != "sha256" or hashlib.sha256(content).hexdigest() != value:
        raise FetchError(f"the content is not that of the digest {digest}")


def _reason(code: int) -> str:
    return {401: "(not let in)", 403: "(not let in)", 404: "(not there)", 429: "(asked too often)"}.get(code, "")
