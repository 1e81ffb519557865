"""The contract: which request is a call of which method, and which path is a call's."""

from __future__ import annotations

import hashlib
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.errors import UsageError
from conformance.exchange import Call, Method
from conformance.spec import files
from conformance.spec.contract import Contract
from conformance.spec.files import read_yaml, spec_names, spec_path
from conformance.spec.strategies import names

BEYONDCORP = Contract.load("beyondcorp.v1")
NAME = "projects/p/locations/l/operations/o"
COLONS = "projects/x:cancel/locations/l:cancel/operations/cancel"

OPERATIONS = """
info: {title: Operations, version: v1beta1}
paths:
  /v1beta1/operations/{operation}:cancel:
    post:
      x-google-http-rule:
        selector: google.longrunning.Operations.CancelOperation
        post: /v1beta1/{name=operations/**}:cancel
        body: '*'
  /v1beta1/operations/{operation}:
    get:
      x-google-http-rule:
        selector: google.longrunning.Operations.GetOperation
        get: /v1beta1/{name=operations/**}
  /v1beta1/operations:
    get:
      x-google-http-rule:
        selector: google.longrunning.Operations.ListOperations
        get: /v1beta1/{name=operations}
  /v1beta1/operations:wait:
    post:
      x-google-http-rule:
        selector: google.longrunning.Operations.WaitOperation
        post: /v1beta1/{name=operations/**}:wait
  /v1beta1/things:
    get: {description: no business of ours}
"""

RULE = """
paths:
  /x:
    post:
      x-google-http-rule:
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "some.v1.yaml"
    path.write_text(text, "utf-8")
    return path


@pytest.fixture
def operations(tmp_path: Path) -> Contract:
    return Contract.load(written(tmp_path, OPERATIONS))


# What is in a contract


def test_a_contract_says_what_it_was_read_from() -> None:
    assert (BEYONDCORP.name, BEYONDCORP.version) == ("beyondcorp.v1", "v1")
    assert BEYONDCORP.title == "BeyondCorp API, long-running operations"
    assert hashlib.sha256(BEYONDCORP.file.read_bytes()).hexdigest() == BEYONDCORP.sha256


def test_every_method_is_bound_under_projects_and_organizations() -> None:
    bindings = [
        (binding.method, binding.http_method, binding.template.text, binding.body) for binding in BEYONDCORP.bindings
    ]
    assert bindings == [
        (method, http_method, f"/v1/{{name={root}/*/locations/*{rest}", body)
        for method, http_method, rest, body in [
            (Method.CANCEL, "POST", "/operations/*}:cancel", "*"),
            (Method.GET, "GET", "/operations/*}", None),
            (Method.DELETE, "DELETE", "/operations/*}", None),
            (Method.LIST, "GET", "}/operations", None),
        ]
        for root in ("projects", "organizations")
    ]


@pytest.mark.parametrize("name", ["beyondcorp.v1", "beyondcorp.v1.yaml", spec_path("beyondcorp.v1")])
def test_a_contract_is_found_by_name_and_by_path(name: str | Path) -> None:
    assert Contract.load(name) == BEYONDCORP


def test_loading_is_quick() -> None:
    """Every command loads a contract; a YAML parser in Python alone would take a tenth of a second.

    Time of this thread's own, which a busy machine takes nothing from.
    """
    durations = []
    for _ in range(5):
        started = time.thread_time()
        Contract.load("beyondcorp.v1")
        durations.append(time.thread_time() - started)
    assert min(durations) < 0.1


# From a request to a call


@pytest.mark.parametrize(
    ("request_line", "call"),
    [
        (f"POST /v1/{NAME}:cancel", Call(Method.CANCEL, NAME)),
        (f"GET /v1/{NAME}", Call(Method.GET, NAME)),
        (f"DELETE /v1/{NAME}", Call(Method.DELETE, NAME)),
        ("GET /v1/projects/p/locations/l/operations", Call(Method.LIST, "projects/p/locations/l")),
        (
            "POST /v1/organizations/1/locations/l/operations/o:cancel",
            Call(Method.CANCEL, "organizations/1/locations/l/operations/o"),
        ),
        (f"POST /v1/{NAME}:cancel:cancel", Call(Method.CANCEL, f"{NAME}:cancel")),
        (f"GET /v1/{NAME}:x", Call(Method.GET, f"{NAME}:x")),
        (f"GET /v1/{NAME}%3Acancel", Call(Method.GET, f"{NAME}:cancel")),
        (f"GET /v1/{COLONS}", Call(Method.GET, COLONS)),
        (f"GET /v1/{NAME}:cancel", None),
        (f"DELETE /v1/{NAME}:c%61ncel", None),
        (f"post /v1/{NAME}:cancel", None),
        (f"POST /v1/{NAME}", None),
        (f"POST /v1/{NAME}:Cancel", None),
        ("POST /v1/operations/o:cancel", None),
        ("GET /v1/folders/f/locations/l/operations", None),
        ("GET /", None),
    ],
)
def test_a_request_is_a_call_or_nothing(request_line: str, call: Call | None) -> None:
    http_method, path = request_line.split(" ", 1)
    assert BEYONDCORP.identify(http_method, path) == call


def test_the_more_literal_binding_wins(operations: Contract) -> None:
    """`**` may be no segment at all, so list and get both match; only one of them can be meant."""
    assert operations.identify("GET", "/v1beta1/operations") == Call(Method.LIST, "operations")
    assert operations.identify("GET", "/v1beta1/operations/a") == Call(Method.GET, "operations/a")


def test_a_literal_wins_over_one_segment_and_one_segment_over_many(tmp_path: Path) -> None:
    """Whatever the order of the file: each of these names fits the bindings above its own, too."""
    spans = {"cancel": "**", "get": "*", "list": "special"}
    selectors = {"cancel": "CancelOperation", "get": "GetOperation", "list": "ListOperations"}
    rules = "".join(
        f"  /{name}: {{get: {{x-google-http-rule: "
        f"{{selector: google.longrunning.Operations.{selectors[name]}, get: '/{{name=operations/{span}}}'}}}}}}\n"
        for name, span in spans.items()
    )
    contract = Contract.load(written(tmp_path, f"paths:\n{rules}"))
    assert contract.identify("GET", "/operations/special") == Call(Method.LIST, "operations/special")
    assert contract.identify("GET", "/operations/one") == Call(Method.GET, "operations/one")
    assert contract.identify("GET", "/operations/a/b") == Call(Method.CANCEL, "operations/a/b")


# From a call to a request


@settings(max_examples=60)
@given(st.data())
def test_the_path_of_a_call_is_that_call(data: st.DataObject) -> None:
    binding = data.draw(st.sampled_from(BEYONDCORP.bindings))
    name = data.draw(names(binding.template))
    path = BEYONDCORP.path(binding.method, name)
    assert BEYONDCORP.identify(binding.http_method, path) == Call(binding.method, name)


def test_a_name_chooses_its_binding() -> None:
    organization = "organizations/1/locations/l/operations/o"
    assert BEYONDCORP.path(Method.CANCEL, organization) == f"/v1/{organization}:cancel"
    assert BEYONDCORP.cancel_template(organization) == BEYONDCORP.bindings_of(Method.CANCEL)[1].template
    assert BEYONDCORP.cancel_template(NAME) == BEYONDCORP.bindings_of(Method.CANCEL)[0].template


def test_a_name_of_another_shape_is_an_error_that_shows_the_shapes() -> None:
    with pytest.raises(UsageError, match="no binding of cancel matches the name 'operations/o'") as refused:
        BEYONDCORP.path(Method.CANCEL, "operations/o")
    assert "/v1/{name=organizations/*/locations/*/operations/*}:cancel" in refused.value.remedy


def test_a_method_that_a_spec_has_not_is_an_error(operations: Contract) -> None:
    assert operations.bindings_of(Method.DELETE) == ()
    with pytest.raises(UsageError, match="no binding of delete") as refused:
        operations.path(Method.DELETE, "operations/o")
    assert "the spec has no delete" in refused.value.remedy


def test_an_operation_is_listed_with_the_longest_prefix_that_list_binds(operations: Contract) -> None:
    assert BEYONDCORP.parent_of(NAME) == "projects/p/locations/l"
    assert operations.parent_of("operations/a/b") == "operations"
    with pytest.raises(UsageError, match="no binding of list matches the name 'folders/f/operations/o'"):
        BEYONDCORP.parent_of("folders/f/operations/o")


def test_without_list_a_parent_is_the_name_without_collection_and_id(tmp_path: Path) -> None:
    contract = Contract.load(
        written(
            tmp_path,
            f"{RULE}        {{selector: google.longrunning.Operations.CancelOperation, "
            "post: '/v1/{name=projects/*/operations/*}:cancel'}",
        )
    )
    assert contract.parent_of("projects/p/operations/o") == "projects/p"
    assert contract.parent_of("p/operations/o") == "p"
    with pytest.raises(UsageError, match="no binding of list"):
        contract.parent_of("operations/o")
    assert contract.bindings[0].body is None


def test_a_spec_without_title_and_version_has_its_files_name(tmp_path: Path) -> None:
    rule = f"{{{CANCEL_RULE}, post: '/{{name}}:cancel', response_body: x}}"
    contract = Contract.load(written(tmp_path, f"{RULE}        {rule}"))
    assert (contract.title, contract.version) == ("some.v1", "")


def test_rules_that_count_once_or_not_at_all_hide_none_after_them(tmp_path: Path) -> None:
    """A rule that stands twice, one of another service, and a path that is no mapping come before the last rule."""
    cancel = f"{{x-google-http-rule: {{{CANCEL_RULE}, post: '/{{name}}:cancel'}}}}"
    other = "{x-google-http-rule: {selector: google.example.Things.Get, get: '/{name}'}}"
    get = "{x-google-http-rule: {selector: google.longrunning.Operations.GetOperation, get: '/{name}'}}"
    paths = (
        f"  /a: {{post: {cancel}}}\n  /b: {{post: {cancel}}}\n  /c: {{get: {other}}}\n  /d: 7\n  /e: {{get: {get}}}\n"
    )
    contract = Contract.load(written(tmp_path, f"paths:\n{paths}"))
    assert [binding.method for binding in contract.bindings] == [Method.CANCEL, Method.GET]


# What is wrong with a spec


CANCEL_RULE = "selector: google.longrunning.Operations.CancelOperation"


@pytest.mark.parametrize(
    ("rule", "key", "remedy"),
    [
        (f"{{{CANCEL_RULE}, psot: /x}}", r"x-google-http-rule\.psot: unknown key", "did you mean post?"),
        (
            f"{{{CANCEL_RULE}, zzz: /x}}",
            r"rule\.zzz: unknown key",
            "use one of additional_bindings, body, delete, get,",
        ),
        (f"{{{CANCEL_RULE}}}", "0 HTTP methods", "exactly one of get, put, post, delete, patch"),
        (f"{{{CANCEL_RULE}, get: '/{{name}}', post: '/{{name}}'}}", "2 HTTP methods", "exactly one of"),
        (f"{{{CANCEL_RULE}, post: 7}}", "must be texts", "in quotes"),
        (f"{{{CANCEL_RULE}, post: '/v1/{{name=**/x}}'}}", r"rule\.post: path template .* character 13", "grammar"),
        (f"{{{CANCEL_RULE}, post: '/v1/{{id}}:cancel'}}", "not just `name`", "one variable"),
        (f"{{{CANCEL_RULE}, post: '/{{name}}', additional_bindings: 7}}", "additional_bindings: not a list", "list"),
        (
            f"{{{CANCEL_RULE}, post: '/{{name}}', additional_bindings: [{{post: '/{{name}}:c', bdy: '*'}}]}}",
            r"additional_bindings\[0\]\.bdy: unknown key",
            "did you mean body?",
        ),
        (f"{{{CANCEL_RULE}, post: '/{{name}}', additional_bindings: [7]}}", r"\[0\]: not a mapping", "HTTP method"),
        ("{post: '/{name}:cancel'}", "no selector", "CancelOperation"),
        ("{selector: google.longrunning.Operations.CancelOp, post: '/{name}'}", "no such method", "CancelOperation?"),
        ("7", "not a mapping", "google.api.HttpRule"),
        ("{selector: google.example.Things.Cancel, post: '/{name}'}", "no x-google-http-rule binds", "from-discovery"),
    ],
)
def test_a_wrong_rule_is_one_error_with_file_key_and_remedy(tmp_path: Path, rule: str, key: str, remedy: str) -> None:
    path = written(tmp_path, f"{RULE}        {rule}\n")
    with pytest.raises(UsageError, match=key) as refused:
        Contract.load(path)
    assert refused.value.message.startswith(f"{path}: ")
    assert remedy in refused.value.remedy


def test_two_rules_for_one_selector_are_an_error(tmp_path: Path) -> None:
    rules = "".join(
        f"  /{verb}: {{post: {{x-google-http-rule: {{{CANCEL_RULE}, post: '/{{name}}:{verb}'}}}}}}\n"
        for verb in ("cancel", "stop")
    )
    with pytest.raises(UsageError, match="another rule for google") as refused:
        Contract.load(written(tmp_path, f"paths:\n{rules}"))
    assert "additional_bindings" in refused.value.remedy


@pytest.mark.parametrize("text", ["", "7", "paths: []", "openapi: 3.1.0"])
def test_a_file_that_is_no_openapi_document_is_an_error(tmp_path: Path, text: str) -> None:
    with pytest.raises(UsageError, match="not an OpenAPI document") as refused:
        Contract.load(written(tmp_path, text))
    assert refused.value.remedy == "name an OpenAPI file"


# Where specs are


def test_a_missing_spec_is_an_error_that_names_the_nearest() -> None:
    with pytest.raises(UsageError, match=r"there is no spec beyondcorp\.v2") as refused:
        Contract.load("beyondcorp.v2")
    assert "did you mean beyondcorp.v1?" in refused.value.remedy
    with pytest.raises(UsageError, match="there is no spec nonsense/zzz") as refused:
        Contract.load("nonsense/zzz")
    assert "beyondcorp.v1" in refused.value.remedy


def test_a_broken_file_is_an_error_that_names_the_line(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"some\.v1\.yaml, line 2: not YAML"):
        Contract.load(written(tmp_path, "paths:\n  {]\n"))
    (tmp_path / "latin.yaml").write_bytes(b"title: \xe9")
    with pytest.raises(UsageError, match="cannot be read"):
        Contract.load(tmp_path / "latin.yaml")
    with pytest.raises(UsageError, match="cannot be read"):
        read_yaml(tmp_path)


def test_an_installed_package_has_its_specs_inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a wheel they are `conformance/specs`; a folder `specs` beside the package is somebody else's."""
    package = tmp_path / "conformance"
    (package / "specs").mkdir(parents=True)
    (tmp_path / "specs").mkdir()
    (tmp_path / "specs" / "theirs.v1.yaml").write_text("openapi: 3.1.0\npaths: {}")
    inside = package / "specs" / "ours.v1.yaml"
    inside.write_text("openapi: 3.1.0\npaths: {}")
    monkeypatch.setattr(files, "_PACKAGE", package)
    assert spec_names() == ["ours.v1"]
    assert spec_path("ours.v1") == inside
    with pytest.raises(UsageError, match=r"theirs\.v1"):
        spec_path("theirs.v1")
