"""The contract's bindings, read from an OpenAPI file: which request is a call of which method, on which name.

The file describes paths the OpenAPI way; what binds is the extension `x-google-http-rule` on its operations, a
google.api.HttpRule as written in a service configuration:

    x-google-http-rule:
      selector: google.longrunning.Operations.CancelOperation
      post: /v1/{name=projects/*/locations/*/operations/*}:cancel
      body: '*'
      additional_bindings:
        - {post: '/v1/{name=organizations/*/locations/*/operations/*}:cancel', body: '*'}

A rule that stands on several operations (one per additional binding) counts once. Nothing else of the file is read.

Two readings that google/api/http.proto leaves to the transcoder

* When several bindings match, the more literal one wins, segment by segment: a literal before `*` before `**`.
* A last segment that ends in a verb of this contract is that verb's, whatever the HTTP method: `GET …/o:cancel` is
  no call, although `{name=…/operations/*}` alone would take `o:cancel` for an id, as some transcoders do. The id
  `o:cancel` is addressed as `o%3Acancel`, which is what `path` writes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from conformance.errors import UsageError, did_you_mean
from conformance.exchange import Call, Method
from conformance.spec.files import read_yaml, refuse_foreign_references, spec_path
from conformance.spec.template import Kind, PathTemplate, TemplateSyntaxError

RULE_KEY = "x-google-http-rule"
SERVICE = "google.longrunning.Operations"

_METHODS = {
    f"{SERVICE}.CancelOperation": Method.CANCEL,
    f"{SERVICE}.GetOperation": Method.GET,
    f"{SERVICE}.ListOperations": Method.LIST,
    f"{SERVICE}.DeleteOperation": Method.DELETE,
}
_OTHER_SELECTORS = frozenset({f"{SERVICE}.WaitOperation"})
_PATTERNS = ("get", "put", "post", "delete", "patch")
_BINDING_KEYS = frozenset({*_PATTERNS, "body", "response_body"})
_RULE_KEYS = _BINDING_KEYS | {"selector", "additional_bindings"}
_LITERALNESS = {Kind.LITERAL: 0, Kind.ONE: 1, Kind.REST: 2}


@dataclass(frozen=True, slots=True)
class Binding:
    """One HTTP form of a method. `body` is `*` (the request message), a field of it, or None (no request body)."""

    method: Method
    http_method: str
    template: PathTemplate
    body: str | None

    def name_in(self, raw_path: str) -> str | None:
        """The name that a raw path binds, or None when it does not match."""
        values = self.template.match(raw_path)
        return values["name"] if values is not None else None

    def accepts(self, name: str) -> bool:
        """Whether this binding has a path for `name`."""
        return self.template.variable("name").accepts(name)


@dataclass(frozen=True, slots=True)
class Contract:
    """The bindings of cancel, get, list and delete in one OpenAPI file, in the order of the file.

    `name` is the file's name without ending, `title` and `version` are those of the document, `sha256` is the
    hexadecimal digest of the file's bytes.
    """

    name: str
    title: str
    version: str
    file: Path
    sha256: str
    bindings: tuple[Binding, ...]
    _by_literalness: tuple[Binding, ...] = field(init=False, compare=False, repr=False)
    """The bindings of all methods, those with and without a verb, the most literal first."""
    _found: dict[tuple[Method, str], Binding] = field(init=False, compare=False, repr=False, default_factory=dict)
    """Earlier results: one API has 134 bindings of each method, and a run looks up few names often."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "_by_literalness", tuple(sorted(self.bindings, key=_literalness)))

    @classmethod
    def load(cls, name_or_path: str | Path) -> Contract:
        """The contract of a file in specs/ (with or without ending) or of any OpenAPI file with HTTP rules.

        Raises UsageError naming the file, the key and the remedy: no such file, not YAML, no HTTP rule for cancel,
        an unknown key in a rule, a malformed path template, a reference to another host or file.
        """
        file = spec_path(name_or_path)
        document = read_yaml(file)
        if not isinstance(document, dict) or not isinstance(document.get("paths"), dict):
            raise UsageError(f"{file}: not an OpenAPI document: it has no paths", "name an OpenAPI file")
        refuse_foreign_references(file, document)
        info = document.get("info")
        info = info if isinstance(info, dict) else {}
        bindings = tuple(_bindings(file, document["paths"]))
        if not any(binding.method is Method.CANCEL for binding in bindings):
            raise UsageError(
                f"{file}: no {RULE_KEY} binds {SERVICE}.CancelOperation",
                "add the rule to the operation that cancels; `lro-conformance spec from-discovery` writes one",
            )
        return cls(
            name=file.stem,
            title=str(info.get("title", file.stem)),
            version=str(info.get("version", "")),
            file=file,
            sha256=hashlib.sha256(file.read_bytes()).hexdigest(),
            bindings=bindings,
        )

    def bindings_of(self, method: Method) -> tuple[Binding, ...]:
        """The bindings of a method; empty when this contract does not have the method."""
        return tuple(binding for binding in self.bindings if binding.method is method)

    def binds(self, method: Method, name: str) -> bool:
        """Whether a binding of the method has a path for `name`."""
        return self._first(method, name) is not None

    def identify(self, http_method: str, raw_path: str) -> Call | None:
        """The call that a request is by its HTTP method (case-sensitive) and raw path, or None when nothing binds."""
        for binding, name in self._matching(raw_path):
            if binding.http_method == http_method:
                return Call(binding.method, name)
        return None

    def path(self, method: Method, name: str) -> str:
        """The canonical path of a call: the first binding of the method that matches the name, expanded.

        Raises UsageError when the contract has no such method or no binding of it matches the name.
        """
        return self._binding_for(method, name).template.expand(name=name)

    def cancel_template(self, name: str) -> PathTemplate:
        """The path template of the cancel binding that matches an operation's name. Raises UsageError as `path`."""
        return self._binding_for(Method.CANCEL, name).template

    def parent_of(self, operation_name: str) -> str:
        """The name to list with in order to find an operation: the longest prefix of its name that list binds.

        Without a binding of list it is the name without its last two segments (collection and id).
        Raises UsageError when no prefix is bound.
        """
        segments = operation_name.split("/")
        listings = self.bindings_of(Method.LIST)
        prefixes = ["/".join(segments[:length]) for length in range(len(segments) - 1, 0, -1)]
        if not listings and len(prefixes) > 1:
            return prefixes[1]
        for prefix in prefixes:
            if any(binding.accepts(prefix) for binding in listings):
                return prefix
        raise self._no_binding(Method.LIST, operation_name)

    def lists(self, operation_name: str) -> bool:
        """Whether a list is bound that can show an operation: one of its collection, or of what that is below."""
        depth = len(self.cancel_template(operation_name).variable("name").segments)
        segments = operation_name.split("/")
        prefixes = ("/".join(segments[:length]) for length in (depth - 1, depth - 2))
        return any(self.binds(Method.LIST, prefix) for prefix in prefixes if prefix)

    def http_method(self, method: Method, name: str) -> str:
        """The HTTP method of a call: POST for a cancel, unless the contract says so. Raises UsageError as `path`."""
        return self._binding_for(method, name).http_method

    def reads_body(self, operation_name: str) -> bool:
        """Whether the cancel of an operation has its request message in the body."""
        return self._binding_for(Method.CANCEL, operation_name).body is not None

    def _matching(self, raw_path: str) -> Iterator[tuple[Binding, str]]:
        """The bindings that a raw path matches whatever its HTTP method, the most literal one first."""
        _, colon, ending = raw_path.rpartition(":")
        verbs = {binding.template.verb for binding in self.bindings}
        has_verb = colon != "" and unquote(ending) in verbs
        for binding in self._by_literalness:
            if (binding.template.verb is not None) is has_verb:
                name = binding.name_in(raw_path)
                if name is not None:
                    yield binding, name

    def _binding_for(self, method: Method, name: str) -> Binding:
        binding = self._first(method, name)
        if binding is None:
            raise self._no_binding(method, name)
        return binding

    def _first(self, method: Method, name: str) -> Binding | None:
        """The first binding of a method that has a path for a name."""
        found = self._found.get((method, name))
        if found is None:
            found = next((binding for binding in self.bindings_of(method) if binding.accepts(name)), None)
            if found is not None:
                self._found[method, name] = found
        return found

    def _no_binding(self, method: Method, name: str) -> UsageError:
        templates = ", ".join(binding.template.text for binding in self.bindings_of(method))
        return UsageError(
            f"{self.file}: no binding of {method.value} matches the name {name!r}",
            f"give a name that fits {templates}"
            if templates
            else f"the spec has no {method.value}: add its {RULE_KEY}",
        )


def _literalness(binding: Binding) -> tuple[int, ...]:
    return tuple(_LITERALNESS[segment.kind] for segment in binding.template.segments)


def _bindings(file: Path, paths: dict[str, Any]) -> Iterator[Binding]:
    """The bindings of every rule in a document, each rule once."""
    rules: dict[str, Any] = {}
    for where, rule in _rules(file, paths):
        method = _method(where, rule.get("selector"))
        selector = rule["selector"]
        if selector in rules:
            if rule != rules[selector]:
                raise UsageError(
                    f"{where}: another rule for {selector} than before",
                    "a selector has one rule: put further bindings into its additional_bindings",
                )
            continue
        rules[selector] = rule
        _refuse_unknown_keys(where, rule, _RULE_KEYS)
        if method is None:
            continue
        yield _binding(where, method, {key: rule[key] for key in rule if key in _BINDING_KEYS})
        additional = rule.get("additional_bindings", [])
        if not isinstance(additional, list):
            raise UsageError(f"{where}.additional_bindings: not a list", "write a list of bindings")
        for number, binding in enumerate(additional):
            yield _binding(f"{where}.additional_bindings[{number}]", method, binding)


def _rules(file: Path, paths: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every rule of a document with the place where it stands."""
    for path, item in paths.items():
        for http_method, operation in item.items() if isinstance(item, dict) else ():
            if isinstance(operation, dict) and RULE_KEY in operation:
                where = f"{file}: paths[{path}].{http_method}.{RULE_KEY}"
                if not isinstance(operation[RULE_KEY], dict):
                    raise UsageError(f"{where}: not a mapping", "write a google.api.HttpRule")
                yield where, operation[RULE_KEY]


def _method(where: str, selector: object) -> Method | None:
    """The method that a selector names; None for a method that this suite does not test."""
    if not isinstance(selector, str):
        raise UsageError(f"{where}: no selector", f"name the method, for example {SERVICE}.CancelOperation")
    if not selector.startswith(f"{SERVICE}.") or selector in _OTHER_SELECTORS:
        return None
    if selector not in _METHODS:
        raise UsageError(f"{where}.selector: {SERVICE} has no such method: {selector}", _remedy(selector, _METHODS))
    return _METHODS[selector]


def _binding(where: str, method: Method, rule: object) -> Binding:
    """One binding of a rule. Raises UsageError when it is not exactly one path template with one variable `name`."""
    if not isinstance(rule, dict):
        raise UsageError(f"{where}: not a mapping", "write an HTTP method with its path template")
    _refuse_unknown_keys(where, rule, _BINDING_KEYS)
    patterns = [key for key in _PATTERNS if key in rule]
    if len(patterns) != 1:
        raise UsageError(f"{where}: {len(patterns)} HTTP methods", f"give exactly one of {', '.join(_PATTERNS)}")
    pattern, body = patterns[0], rule.get("body")
    if not isinstance(rule[pattern], str) or not (body is None or isinstance(body, str)):
        raise UsageError(f"{where}: {pattern} and body must be texts", "put the path template and '*' in quotes")
    try:
        template = PathTemplate.parse(rule[pattern])
    except TemplateSyntaxError as error:
        raise TemplateSyntaxError(f"{where}.{pattern}: {error.message}", error.remedy) from error
    if [variable.name for variable in template.variables] != ["name"]:
        raise UsageError(
            f"{where}.{pattern}: the variable of {template} is not just `name`",
            "bind the whole resource name to one variable, {name=…}, as the request messages have it",
        )
    return Binding(method, pattern.upper(), template, body)


def _refuse_unknown_keys(where: str, rule: dict[str, Any], known: frozenset[str]) -> None:
    for key in rule:
        if key not in known:
            raise UsageError(f"{where}.{key}: unknown key", _remedy(str(key), known))


def _remedy(word: str, known: Collection[str]) -> str:
    return did_you_mean(word, known, f"use one of {', '.join(sorted(known))}")
