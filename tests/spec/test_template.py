"""Path templates: what the grammar allows, which path is whose, and how a name becomes a path."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from google.api_core import path_template
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.spec.strategies import names, near_misses
from conformance.spec.template import ExpansionError, Kind, PathTemplate, TemplateSyntaxError

transcode: Callable[..., dict[str, Any]] = path_template.transcode
validate: Callable[[str, str], bool] = path_template.validate

CANCEL = PathTemplate.parse("/v1/{name=projects/*/locations/*/operations/*}:cancel")
OPEN_ENDED = PathTemplate.parse("/v1beta1/{name=operations/**}:cancel")
NAME = "projects/p/locations/l/operations/o"

TEMPLATES = [
    CANCEL,
    OPEN_ENDED,
    PathTemplate.parse("/v1/{name=projects/*/locations/*}/operations"),
    PathTemplate.parse("/v1/{name=projects/*/operations/*}"),
    PathTemplate.parse("/v1/{name}:cancel"),
    PathTemplate.parse("/{name=**}"),
    PathTemplate.parse("/v1/{name=operations}"),
    PathTemplate.parse("/a%20b/{name=caf%C3%A9s/*}:verb%2Bverb"),
]


# The grammar


def test_a_template_is_a_row_of_segments_with_a_named_span_and_a_verb() -> None:
    kinds = [segment.kind for segment in CANCEL.segments]
    assert kinds == [Kind.LITERAL, *[Kind.LITERAL, Kind.ONE] * 3]
    (variable,) = CANCEL.variables
    assert (variable.name, variable.start, len(variable.segments)) == ("name", 1, 6)
    assert variable.is_multi_segment
    assert (CANCEL.verb, CANCEL.suffix) == ("cancel", ":cancel")
    assert str(CANCEL) == CANCEL.text


def test_segments_are_as_they_were_written_and_show_the_form_of_a_name() -> None:
    template = PathTemplate.parse("/v1/{name=a/*/**}:cancel")
    assert [segment.written for segment in template.segments] == ["v1", "a", "*", "**"]
    with pytest.raises(ExpansionError) as refused:
        template.expand(name="b/c")
    assert "a/*/**" in refused.value.remedy


def test_templates_are_values() -> None:
    assert PathTemplate.parse(CANCEL.text) == CANCEL
    assert len({CANCEL, PathTemplate.parse(CANCEL.text), OPEN_ENDED}) == 2


def test_a_variable_without_segments_is_one_segment() -> None:
    short, long = PathTemplate.parse("/v1/{a.b_c}"), PathTemplate.parse("/v1/{a.b_c=*}")
    assert short.variables == long.variables
    assert not short.variable("a.b_c").is_multi_segment


@pytest.mark.parametrize(
    "text",
    [
        "/*",
        "/**",
        "/v1",
        "/v1:verb",
        "/{a}/{b}",
        "/{a=x}",
        "/{a=**}:v",
        "/v1/*/x/**",
        "/$discovery/rest",
        "/a%2Bb",
        "/{aB.C}",
    ],
)
def test_the_grammar_allows(text: str) -> None:
    assert PathTemplate.parse(text).text == text


@pytest.mark.parametrize(
    ("text", "position", "why"),
    [
        ("", 0, "begins with '/'"),
        ("v1/{name}", 0, "begins with '/'"),
        ("/", 1, "a segment was expected"),
        ("/v1/", 4, "a segment was expected"),
        ("/v1//x", 4, "a segment was expected"),
        ("/v1:", 4, "a verb was expected"),
        ("/v1:a:b", 5, "a verb ends the template"),
        ("/v1:a/b", 5, "a verb ends the template"),
        ("/v1:*", 4, "a verb was expected"),
        ("/**/x", 4, "'**' must be the last segment"),
        ("/{a=**}/x", 8, "'**' must be the last segment"),
        ("/***", 3, "or the end was expected"),
        ("/{a}{b}", 4, "or the end was expected"),
        ("/{a}-x", 4, "or the end was expected"),
        ("/{a={b}}", 5, "a variable cannot stand in a variable"),
        ("/{a=x/{b}}", 7, "a variable cannot stand in a variable"),
        ("/{a", 3, "'}' was expected"),
        ("/{a=x:y}", 5, "'}' was expected"),
        ("/{=x}", 2, "a field path was expected"),
        ("/{1a}", 2, "a field path was expected"),
        ("/{a.}", 3, "'}' was expected"),
        ("/{a}/{a}", 6, "the variable a is already there"),
        ("/é", 1, "a segment was expected"),
        ("/a?b", 2, "or the end was expected"),
        ("/%4", 1, "a segment was expected"),
        ("/a%2Fb", 1, "cannot be a segment"),
        ("/%FF", 1, "cannot be a segment"),
        ("/..", 1, "cannot be a segment"),
    ],
)
def test_the_grammar_refuses_at_the_first_wrong_character(text: str, position: int, why: str) -> None:
    with pytest.raises(TemplateSyntaxError, match=f"^path template .* at character {position}: ") as refused:
        PathTemplate.parse(text)
    assert why in refused.value.message
    assert refused.value.remedy


# Which path is whose


@pytest.mark.parametrize(
    ("operation", "name"),
    [
        ("o", "o"),
        ("%6F", "o"),  # an escaped letter is the letter
        ("a:b", "a:b"),  # the last colon is the verb's
        ("a%3Ab", "a:b"),
        ("a%20b", "a b"),
        ("a+b", "a+b"),  # a plus is a plus in a path
        ("%C3%A9", "é"),
        ("%25", "%"),
        ("%252F", "%2F"),  # decoded once
        ("o%2Fx", "o%2Fx"),  # an encoded slash stays
        ("o%2fx", "o%2fx"),
        ("%25%2F%25", "%%2F%"),
        ("o:cancel", "o:cancel"),
        ("o%00", "o\0"),
        ("...", "..."),
    ],
)
def test_an_id_is_decoded_but_for_slashes(operation: str, name: str) -> None:
    path = f"/v1/projects/p/locations/l/operations/{operation}:cancel"
    assert CANCEL.match(path) == {"name": f"projects/p/locations/l/operations/{name}"}


def test_a_variable_of_one_segment_is_decoded_completely() -> None:
    assert PathTemplate.parse("/v1/{name}").match("/v1/o%2Fx%252F") == {"name": "o/x%2F"}


@pytest.mark.parametrize("path", ["/v1/proj%65cts/p/locations/l/operations/o:c%61ncel", f"/%761/{NAME}:cancel"])
def test_literals_and_verbs_are_compared_decoded(path: str) -> None:
    assert CANCEL.match(path) == {"name": NAME}


@pytest.mark.parametrize(
    ("path", "why"),
    [
        (f"/v1/{NAME}", "no verb"),
        (f"/v1/{NAME}:Cancel", "verbs have a case"),
        (f"/v1/{NAME}%3Acancel", "an encoded colon separates nothing"),
        (f"/v1/{NAME}:cancel/", "a slash after the verb"),
        (f"/v1/{NAME}/:cancel", "an empty segment before the verb"),
        (f"/v1/{NAME}/x:cancel", "a segment too many"),
        ("/v1/projects/p/operations/o:cancel", "segments too few"),
        ("/v1/projects/p/locations/l/operations/:cancel", "an empty id"),
        ("/v1/projects//locations/l/operations/o:cancel", "an empty id"),
        ("/v1/Projects/p/locations/l/operations/o:cancel", "literals have a case"),
        (f"/v2/{NAME}:cancel", "another version"),
        (f"/v1/{NAME}%zz:cancel", "a malformed escape"),
        (f"/v1/{NAME}%4:cancel", "a malformed escape"),
        (f"/v1/{NAME}%FF:cancel", "not UTF-8"),
        ("/v1/projects/../locations/l/operations/o:cancel", "a dot segment"),
        ("/v1/projects/%2E%2e/locations/l/operations/o:cancel", "a dot segment in disguise"),
        (f"/v1/{NAME}:cancel?alt=json", "a query is no part of a path"),
        (f"/v1/{NAME}?:cancel", "a query is no part of a path"),
        (f"/v1/{NAME}#:cancel", "a fragment is no part of a path"),
        (f"v1/{NAME}:cancel", "a path begins with a slash"),
        (f"//v1/{NAME}:cancel", "two slashes are an empty segment"),
        ("", "nothing"),
    ],
)
def test_a_path_that_fits_not_quite_does_not_match(path: str, why: str) -> None:
    assert CANCEL.match(path) is None, why


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/v1beta1/operations/a:cancel", "operations/a"),
        ("/v1beta1/operations/a/b/c:cancel", "operations/a/b/c"),
        ("/v1beta1/operations/a%2Fb/c:cancel", "operations/a%2Fb/c"),
        ("/v1beta1/operations:cancel", "operations"),  # zero segments are enough for **
        ("/v1beta1/operations/:cancel", None),
        ("/v1beta1/operations/a//b:cancel", None),
        ("/v1beta1/operation/a:cancel", None),
    ],
)
def test_an_open_end_takes_any_number_of_segments(path: str, name: str | None) -> None:
    assert OPEN_ENDED.match(path) == (None if name is None else {"name": name})


@pytest.mark.parametrize(("template", "path"), [("/{name=**}", "/"), ("/v1/{name=**}", "/v1")])
def test_an_open_end_that_takes_no_segment_is_the_empty_name(template: str, path: str) -> None:
    open_ended = PathTemplate.parse(template)
    assert open_ended.match(path) == {"name": ""}
    assert open_ended.expand(name="") == path


def test_without_a_verb_in_the_template_colons_belong_to_the_id() -> None:
    assert PathTemplate.parse("/v1/{name=operations/*}").match("/v1/operations/o:cancel") == {
        "name": "operations/o:cancel"
    }


def test_each_variable_is_read_from_its_own_span() -> None:
    template = PathTemplate.parse("/v1/{parent=shelves/*}/books/{book.id}/{rest=**}:read")
    assert template.match("/v1/shelves/s%2F/books/b%2F/x/y%2F:read") == {
        "parent": "shelves/s%2F",
        "book.id": "b/",
        "rest": "x/y%2F",
    }


def test_a_template_without_variables_matches_with_none() -> None:
    assert PathTemplate.parse("/v1/operations/*").match("/v1/operations/o") == {}


# How a name becomes a path


@pytest.mark.parametrize(
    ("name", "path"),
    [
        (NAME, f"/v1/{NAME}:cancel"),
        ("projects/example.com:p/locations/l/operations/a:b", "example.com%3Ap/locations/l/operations/a%3Ab"),
        ("projects/p/locations/l/operations/é b?#+", "p/locations/l/operations/%C3%A9%20b%3F%23%2B"),
        ("projects/p/locations/l/operations/a%2Fb", "p/locations/l/operations/a%252Fb"),
        ("projects/p/locations/l/operations/-_.~aZ0", "p/locations/l/operations/-_.~aZ0"),
    ],
)
def test_everything_but_unreserved_characters_is_encoded(name: str, path: str) -> None:
    assert CANCEL.expand(name=name).endswith(path if path.endswith(":cancel") else f"/v1/projects/{path}:cancel")


def test_a_slash_is_data_in_a_variable_of_one_segment_only() -> None:
    assert PathTemplate.parse("/v1/{name}").expand(name="a/b") == "/v1/a%2Fb"
    assert PathTemplate.parse("/v1/{name=**}").expand(name="a/b") == "/v1/a/b"


def test_literals_and_verb_are_written_as_the_template_writes_them() -> None:
    assert PathTemplate.parse("/a%20b/{x}:v%2B").expand(x="1") == "/a%20b/1:v%2B"


def test_field_paths_are_given_by_their_whole_name() -> None:
    assert PathTemplate.parse("/{a.b}").expand(**{"a.b": "x"}) == "/x"


@pytest.mark.parametrize(
    "name",
    ["", "o", f"{NAME}/x", "projects/p/operations/o", "Projects/p/locations/l/operations/o", f"/{NAME}", f"{NAME}/"]
    + [f"projects/p/locations/{segment}/operations/o" for segment in ("", ".", "..")],
)
def test_a_name_of_another_shape_has_no_path(name: str) -> None:
    assert not CANCEL.variable("name").accepts(name)
    with pytest.raises(ExpansionError, match=r"does not fit name=projects/\*/locations/\*/operations/\*"):
        CANCEL.expand(name=name)


@pytest.mark.parametrize(
    ("template", "values", "why"),
    [
        (CANCEL, {}, "has the variables"),
        (CANCEL, {"name": NAME, "other": "x"}, "has the variables"),
        (PathTemplate.parse("/v1/*/{name}"), {"name": "x"}, "wildcard outside its variables"),
        (PathTemplate.parse("/v1/{name}"), {"name": "\ud800"}, "cannot be written in UTF-8"),
    ],
)
def test_what_cannot_be_expanded_is_an_error_with_a_remedy(
    template: PathTemplate, values: dict[str, str], why: str
) -> None:
    with pytest.raises(ExpansionError, match=why) as refused:
        template.expand(**values)
    assert refused.value.remedy


# Both directions


@settings(max_examples=80)
@given(st.data())
def test_what_expand_writes_match_reads(data: st.DataObject) -> None:
    template = data.draw(st.sampled_from(TEMPLATES))
    name = data.draw(names(template))
    assert template.variable("name").accepts(name)
    path = template.expand(name=name)
    assert path.isascii()
    assert template.match(path) == {"name": name}


@settings(max_examples=60)
@given(st.text(st.sampled_from("ao:/%2Ff.Ee?#é "), max_size=12))
def test_what_match_reads_expand_can_write(operation: str) -> None:
    """Two paths may mean one name (`%2F` and `%252F` do), but every name that is read has a path of its own."""
    bound = CANCEL.match(f"/v1/projects/p/locations/l/operations/{operation}:cancel")
    if bound is not None:
        assert CANCEL.match(CANCEL.expand(**bound)) == bound


# Against google-api-core, the transcoder inside Google's Python clients


@settings(max_examples=60)
@given(st.data())
def test_google_api_core_writes_the_same_paths(data: st.DataObject) -> None:
    template = data.draw(st.sampled_from([CANCEL, OPEN_ENDED, *TEMPLATES[2:4]]))
    name = data.draw(names(template))
    request = transcode([{"method": "post", "uri": template.text}], name=name)
    assert template.expand(name=name) == request["uri"]


def test_google_api_core_leaves_a_slash_in_a_variable_of_one_segment() -> None:
    """It encodes both sorts of variables alike, so the path it makes is one of two segments and it refuses itself."""
    template = PathTemplate.parse("/v1/{name}:cancel")
    with pytest.raises(ValueError, match="Invalid request"):
        transcode([{"method": "post", "uri": template.text}], name="a/b")
    assert template.match(template.expand(name="a/b")) == {"name": "a/b"}


@settings(max_examples=80)
@given(near_misses(CANCEL, NAME).map(lambda miss: miss.path) | st.just(CANCEL.expand(name=NAME)))
def test_google_api_core_agrees_on_paths_without_escapes_and_dot_segments(path: str) -> None:
    """Its `validate` is one regular expression over the raw path; where nothing is encoded, that is the same thing."""
    if "%" in path or {".", ".."} & set(path.split("/")):
        return
    assert (CANCEL.match(path) is not None) is validate(CANCEL.text, path)


@pytest.mark.parametrize(
    ("template", "path", "ours", "theirs", "why"),
    [
        (CANCEL, f"/v1/{NAME}:c%61ncel", True, False, "it does not decode literals"),
        (CANCEL, f"/v1/{NAME}%zz:cancel", False, True, "it does not look into escapes"),
        (CANCEL, "/v1/projects/../locations/l/operations/o:cancel", False, True, "it only refuses to write dots"),
        (CANCEL, f"/v1/{NAME}:cancel\n", False, True, "its `$` allows a line end"),
        (OPEN_ENDED, "/v1beta1/operations:cancel", True, False, "its `**` is one character or more, after a slash"),
        (OPEN_ENDED, "/v1beta1/operations/a//b:cancel", False, True, "its `**` is any characters"),
        (PathTemplate.parse("/v1.1/{name}"), "/v1x1/o", False, True, "its literals are regular expressions"),
    ],
)
def test_where_google_api_core_differs(template: PathTemplate, path: str, ours: bool, theirs: bool, why: str) -> None:
    assert (template.match(path) is not None) is ours, why
    assert validate(template.text, path) is theirs, why
