"""conformance.toml: every key with its default and its meaning; and what the command line changes."""

from __future__ import annotations

import dataclasses
import math
from pathlib import Path
from typing import Any

import pytest

from conformance.errors import UsageError
from conformance.judging.statement import StatementSection
from conformance.server.target.configuration import (
    DEFAULT_START,
    AuthSection,
    Configuration,
    IutSection,
    LimitsSection,
    OperationsSection,
    StartRequest,
    SupplyForm,
    with_operations,
    with_url,
)
from conformance.server.target.configuration_file import with_statement
from tests.targets.configuring import NAME, Read


def test_nothing_said_is_the_embedded_server_with_every_default(read: Read, tmp_path: Path) -> None:
    assert read("") == Configuration(directory=tmp_path)
    assert read("").is_embedded
    assert read("[iut]\n[auth]\n[operations]\n[statement]\n[limits]\n") == read("")


def test_defaults_are_those_of_the_documentation() -> None:
    assert IutSection() == IutSection("", "", "beyondcorp.v1", "", (), {})
    assert AuthSection() == AuthSection("none", "", (), "")
    assert OperationsSection() == OperationsSection(SupplyForm(), SupplyForm(), 10.0, "delete")
    assert StatementSection() == StatementSection(None, None, None, None, None)
    assert LimitsSection() == LimitsSection(2000, 80, 0.0, 16, 10.0)
    assert not SupplyForm().is_given


SAMPLE = """
[iut]
name = "my-emulator"
url = "http://127.0.0.1:8080"
spec = "beyondcorp.v1"                       # a file in specs/ (with or without ending), or a path
parent = "projects/demo/locations/us"        # where its operations live
allow_hosts = []                             # hosts other than loopback must be named

[auth]
kind = "bearer"                              # none | bearer | google (application default credentials)
token_env = "IUT_TOKEN"                      # bearer: an environment variable
forbidden_token_env = "IUT_WEAK_TOKEN"       # optional: a credential without the scope or permission

[operations]                                 # the supply of running operations
start = {method = "POST", path = "/v1/{parent}/operations:start", json = {mode = "run"}, name = "/name"}
completed = {method = "POST", path = "/v1/{parent}/operations:start", json = {mode = "done"}}
settle = "10s"                               # how long an operation may take to end after a cancel
cleanup = "delete"                           # delete | none

[statement]                                  # conformance statement
cancel = "guaranteed"                        # guaranteed | best-effort | unimplemented
list = true
delete = true
auth = true
errors = "aip-193"                           # aip-193 | status (a bare google.rpc.Status)

[limits]
requests = 2000
operations = 80
rate = 0                                     # requests per second; 0: no limit
concurrency = 16
timeout = "10s"
""".replace("{parent}", "projects/demo/locations/us")


def test_the_documented_sample_is_read(read: Read, tmp_path: Path) -> None:
    path = "/v1/projects/demo/locations/us/operations:start"
    assert read(SAMPLE) == Configuration(
        IutSection("my-emulator", "http://127.0.0.1:8080", parent="projects/demo/locations/us"),
        AuthSection("bearer", "IUT_TOKEN", (), "IUT_WEAK_TOKEN"),
        OperationsSection(
            SupplyForm(StartRequest("POST", path, {"mode": "run"}, "/name")),
            SupplyForm(StartRequest("POST", path, {"mode": "done"}, "/name")),
        ),
        StatementSection("guaranteed", True, True, True, "aip-193"),
        LimitsSection(),
        tmp_path,
    )


OVERRIDES: list[tuple[str, str, str, object]] = [
    ("iut", 'name = "x"', "name", "x"),
    ("iut", 'spec = "../other.yaml"', "spec", "../other.yaml"),
    ("iut", 'parent = "/organizations/1/locations/eu/"', "parent", "organizations/1/locations/eu"),
    ("iut", 'allow_hosts = ["a.example", "b.example"]', "allow_hosts", ("a.example", "b.example")),
    ("iut", 'headers = {X-One = "1"}', "headers", {"X-One": "1"}),
    ("auth", 'kind = "none"', "kind", "none"),
    ("auth", 'forbidden_token_env = "WEAK"', "forbidden_token_env", "WEAK"),
    ("operations", "settle = 3", "settle", 3.0),
    ("operations", 'watch = "30s"', "watch", 30.0),
    ("operations", "watch = 0", "watch", 0.0),
    ("operations", "", "watch", None),
    ("operations", 'settle = "1.5s"', "settle", 1.5),
    ("operations", 'settle = "250ms"', "settle", 0.25),
    ("operations", 'settle = "2m"', "settle", 120.0),
    ("operations", 'settle = "7"', "settle", 7.0),
    ("operations", 'cleanup = "none"', "cleanup", "none"),
    ("operations", f'names = ["{NAME}"]', "running", SupplyForm(names=(NAME,))),
    ("operations", 'command = ["./start", "one"]', "running", SupplyForm(command=("./start", "one"))),
    ("operations", 'start = {path = "/x"}', "running", SupplyForm(StartRequest("POST", "/x"))),
    (
        "operations",
        'start = {method = "put", path = "/x?{unique}", json = [1], name = "/a/0"}',
        "running",
        SupplyForm(StartRequest("PUT", "/x?{unique}", [1], "/a/0")),
    ),
    ("operations", 'python = "jobs.operations:start"', "running", SupplyForm(python="jobs.operations:start")),
    ("operations", f'completed = {{names = ["{NAME}"]}}', "completed", SupplyForm(names=(NAME,))),
    ("operations", 'completed = {command = ["x"]}', "completed", SupplyForm(command=("x",))),
    ("operations", 'completed = {start = {path = "/x"}}', "completed", SupplyForm(StartRequest("POST", "/x"))),
    ("operations", 'completed = {path = "/x"}', "completed", SupplyForm(StartRequest("POST", "/x"))),
    ("statement", 'cancel = "best-effort"', "cancel", "best-effort"),
    ("statement", 'cancel = "unimplemented"', "cancel", "unimplemented"),
    ("statement", "list = false", "list", False),
    ("statement", "delete = false", "delete", False),
    ("statement", "auth = false", "auth", False),
    ("statement", 'errors = "status"', "errors", "status"),
    ("statement", 'unknown_fields = "ignored"', "unknown_fields", "ignored"),
    ("limits", "requests = 1", "requests", 1),
    ("limits", "operations = 5", "operations", 5),
    ("limits", "rate = 2.5", "rate", 2.5),
    ("limits", "rate = 10", "rate", 10.0),
    ("limits", "concurrency = 1", "concurrency", 1),
    ("limits", 'timeout = "200ms"', "timeout", 0.2),
]


@pytest.mark.parametrize(("section", "line", "field", "value"), OVERRIDES, ids=[line for _, line, _, _ in OVERRIDES])
def test_a_key_overrides_its_default_and_nothing_else(
    read: Read, section: str, line: str, field: str, value: object
) -> None:
    said = read(f"[{section}]\n{line}\n")
    assert getattr(getattr(said, section), field) == value
    changed = dataclasses.replace(getattr(Configuration(), section), **{field: value})
    assert said == dataclasses.replace(read(""), **{section: changed})


def test_the_parents_may_be_several(read: Read) -> None:
    iut = read('[iut]\nparent = ["/projects/p/locations/l/", "organizations/1/locations/l"]\n').iut
    assert iut.parent == "projects/p/locations/l"
    assert iut.further_parents == ("organizations/1/locations/l",)


def test_a_url_of_the_command_line_brings_the_default_supply(read: Read) -> None:
    said = with_url(read('[iut]\nparent = "projects/p/locations/l"\n'), "http://127.0.0.1:1/")
    assert said.iut.url == "http://127.0.0.1:1"
    assert said.operations.running.start == DEFAULT_START == StartRequest("POST", "", {"mode": "run", "id": "{id}"})


def test_a_url_of_the_command_line_leaves_a_supply_alone(read: Read) -> None:
    said = with_url(read(f'[operations]\nnames = ["{NAME}"]\n'), "http://127.0.0.1:1")
    assert said.operations.running == SupplyForm(names=(NAME,))


def test_a_wrong_url_of_the_command_line(read: Read) -> None:
    with pytest.raises(UsageError, match="--url: url 'localhost' is not an http URL"):
        with_url(read(""), "localhost")


def test_operations_of_the_command_line_are_nobodys_to_delete(read: Read) -> None:
    other = "organizations/1/locations/eu/operations/x"
    said = with_operations(read('[operations]\ncommand = ["x"]\n'), (other, NAME))
    assert said.operations.running == SupplyForm(names=(other, NAME))
    assert said.operations.cleanup == "none"
    assert said.iut.parent == "organizations/1/locations/eu"


def test_an_operation_of_the_command_line_is_a_whole_name(read: Read) -> None:
    with pytest.raises(UsageError, match="--operation: 'op-1' is not the name of an operation"):
        with_operations(read(""), (NAME, "op-1"))


def test_settings_of_the_command_line_go_over_the_statement(read: Read) -> None:
    file = read('[statement]\ncancel = "guaranteed"\nlist = true\n')
    said = with_statement(file, {"list": "False", "errors": "status"})
    assert said.statement == StatementSection(cancel="guaranteed", list=False, errors="status")
    assert with_statement(file, {}) == file


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"cancle": "true"}, "--statement: [statement] has an unknown key 'cancle'"),
        ({"cancel": "true"}, "statement.cancel must be one of guaranteed, best-effort, unimplemented, got True"),
        ({"list": "maybe"}, "--statement: statement.list must be true or false, got 'maybe'"),
        ({"errors": ""}, "statement.errors must be one of aip-193, status, got ''"),
    ],
)
def test_a_wrong_setting_of_the_command_line(read: Read, settings: dict[str, str], says: str) -> None:
    with pytest.raises(UsageError) as caught:
        with_statement(read(""), settings)
    assert says in caught.value.message


def test_sections_cannot_be_changed() -> None:
    section: Any = LimitsSection()
    with pytest.raises(dataclasses.FrozenInstanceError):
        section.rate = math.inf
