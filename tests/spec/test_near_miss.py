"""Near misses: every one is a path, differs in one labelled way, and never means the name it was made from."""

from __future__ import annotations

import re
import subprocess
import sys
from urllib.parse import unquote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.errors import UsageError
from conformance.spec.good_path import FAMILIES, GoodPath, NearMiss
from conformance.spec.near_miss import near_misses
from conformance.spec.strategies import names
from conformance.spec.strategies import near_misses as near_miss_strategy
from conformance.spec.template import ExpansionError, PathTemplate

CANCEL = PathTemplate.parse("/v1/{name=projects/*/locations/*/operations/*}:cancel")
NAME = "projects/p/locations/l/operations/o"
TEMPLATES = [
    CANCEL,
    PathTemplate.parse("/v1beta1/{name=operations/**}:cancel"),
    PathTemplate.parse("/v1/{name=projects/*/operations/*}"),
    PathTemplate.parse("/v1/{name}:cancel"),
    PathTemplate.parse("/{name=**}:x"),
    PathTemplate.parse("/v0/{name=%C3%A9/*}:v%2Bw"),
]

ALL = {
    "verb-missing": ("verb", f"/v1/{NAME}"),
    "verb-case": ("verb", f"/v1/{NAME}:Cancel"),
    "verb-other": ("verb", f"/v1/{NAME}:frobnicate"),
    "verb-longer": ("verb", f"/v1/{NAME}:cancelx"),
    "verb-shorter": ("verb", f"/v1/{NAME}:cance"),
    "verb-empty": ("verb", f"/v1/{NAME}:"),
    "verb-as-segment": ("verb", f"/v1/{NAME}/cancel"),
    "verb-extension": ("verb", f"/v1/{NAME}:cancel.json"),
    "verb-unanchored": ("verb", f"/v1/{NAME}:uncancel"),
    "verb-space": ("verb", f"/v1/{NAME}:cancel%20"),
    "verb-nul": ("verb", f"/v1/{NAME}:cancel%00"),
    "verb-tab": ("verb", f"/v1/{NAME}:cancel%09"),
    "verb-blank-before": ("verb", f"/v1/{NAME}:%20cancel"),
    "verb-escaped-slash": ("verb", f"/v1/{NAME}:cancel%2F"),
    "verb-escaped-question-mark": ("verb", f"/v1/{NAME}:cancel%3Fx"),
    "verb-escaped-number-sign": ("verb", f"/v1/{NAME}:cancel%23x"),
    "verb-separator-escaped-twice": ("verb", f"/v1/{NAME}%253Acancel"),
    "verb-parameter": ("verb", f"/v1/{NAME}:cancel;v=1"),
    "verb-parameter-empty": ("verb", f"/v1/{NAME}:cancel;"),
    "verb-before-more": ("verb", f"/v1/{NAME}:cancel/x"),
    "verb-too-early": ("verb", "/v1/projects/p/locations/l/operations:cancel/o"),
    "segment-added": ("segments", f"/v1/{NAME}/x:cancel"),
    "segment-before-id": ("segments", "/v1/projects/p/locations/l/operations/x/o:cancel"),
    "segment-prepended": ("segments", f"/x/v1/{NAME}:cancel"),
    "segment-missing": ("segments", "/v1/projects/p/locations/l/operations:cancel"),
    "backslash": ("segments", "/v1/projects/p/locations/l/operations%5Co:cancel"),
    "version-missing": ("segments", f"/{NAME}:cancel"),
    "pair-missing": ("segments", "/v1/projects/p/operations/o:cancel"),
    "pairs-missing": ("segments", "/v1/operations/o:cancel"),
    "literal-case-first": ("literals", "/v1/Projects/p/locations/l/operations/o:cancel"),
    "literal-case-last": ("literals", "/v1/projects/p/locations/l/Operations/o:cancel"),
    "literal-other": ("literals", "/v1/projects/p/locations/l/frobnications/o:cancel"),
    "literal-longer": ("literals", "/v1/projects/p/locations/l/operationsx/o:cancel"),
    "literal-parameter": ("literals", "/v1/projects/p/locations/l/operations;v=1/o:cancel"),
    "literal-parameter-first": ("literals", "/v1/projects;v=1/p/locations/l/operations/o:cancel"),
    "literal-escaped-twice": ("literals", "/v1/projects/p/locations/l/%256Fperations/o:cancel"),
    "version-parameter": ("literals", f"/v1;v=1/{NAME}:cancel"),
    "version-case": ("literals", f"/V1/{NAME}:cancel"),
    "version-longer": ("literals", f"/v1x/{NAME}:cancel"),
    "version-other": ("literals", f"/v0/{NAME}:cancel"),
    "pairs-swapped": ("literals", "/v1/locations/l/projects/p/operations/o:cancel"),
    "trailing-slash": ("trailing-slash", f"/v1/{NAME}:cancel/"),
    "trailing-slashes": ("trailing-slash", f"/v1/{NAME}:cancel//"),
    "empty-segment-last": ("empty-segment", "/v1/projects/p/locations/l/operations/:cancel"),
    "empty-segment-first": ("empty-segment", "/v1/projects//locations/l/operations/o:cancel"),
    "empty-segment-between": ("empty-segment", "/v1/projects/p/locations//operations/o:cancel"),
    "encoded-slash": ("encoded-slash", f"/v1/{NAME}%2Fx:cancel"),
    "encoded-slash-lower-case": ("encoded-slash", f"/v1/{NAME}%2fx:cancel"),
    "doubled-verb": ("doubled-verb", f"/v1/{NAME}:cancel:cancel"),
    "slash-before-verb": ("contested", f"/v1/{NAME}/:cancel"),
    "encoded-verb-separator": ("contested", f"/v1/{NAME}%3Acancel"),
    "encoded-separator": ("contested", "/v1/projects/p/locations/l/operations%2Fo:cancel"),
    "encoded-separator-first": ("contested", "/v1/projects%2Fp/locations/l/operations/o:cancel"),
    "verb-line-end": ("contested", f"/v1/{NAME}:cancel%0A"),
    "double-slash": ("contested", "/v1/projects/p/locations/l/operations//o:cancel"),
    "double-slash-first": ("contested", f"//v1/{NAME}:cancel"),
    "encoded-way-back": ("contested", "/v1/projects/p/locations/l/operations/x%2F..%2Fo:cancel"),
    "encoded-dot": ("contested", "/v1/projects/p/locations/l/operations/.%2Fo:cancel"),
    "dot-segment": ("contested", "/v1/projects/p/locations/l/operations/./o:cancel"),
    "dot-dot-segment": ("contested", "/v1/projects/p/locations/l/operations/x/../o:cancel"),
}


def by_label(template: PathTemplate, name: str) -> dict[str, NearMiss]:
    return {miss.label: miss for miss in near_misses(template, name)}


def test_the_near_misses_of_a_cancel_are_these_in_this_order() -> None:
    """Reports and baselines quote the labels: changing one is a change for every user."""
    found = near_misses(CANCEL, NAME)
    assert [(miss.label, (miss.family, miss.path)) for miss in found] == list(ALL.items())
    assert all(miss.why for miss in found)
    assert near_misses(CANCEL, NAME) == found


def test_every_family_has_near_misses() -> None:
    assert {family for family, _ in ALL.values()} == set(FAMILIES)


def test_only_encoded_slashes_and_doubled_verbs_are_another_name() -> None:
    others = {miss.label: miss.other_name for miss in near_misses(CANCEL, NAME) if miss.other_name is not None}
    assert others == {
        "encoded-slash": f"{NAME}%2Fx",
        "encoded-slash-lower-case": f"{NAME}%2fx",
        "doubled-verb": f"{NAME}:cancel",
        "encoded-way-back": "projects/p/locations/l/operations/x%2F..%2Fo",
        "encoded-dot": "projects/p/locations/l/operations/.%2Fo",
    }


def test_under_an_open_end_more_or_fewer_segments_are_another_name() -> None:
    found = by_label(TEMPLATES[1], "operations/a/b")
    assert found["segment-added"].other_name == "operations/a/b/x"
    assert found["segment-missing"].other_name == "operations/a"
    assert found["segment-prepended"].other_name is None


def test_under_an_open_end_an_empty_segment_may_be_a_part_of_another_name() -> None:
    found = by_label(TEMPLATES[1], "operations/a/b")
    assert not [miss for miss in found.values() if miss.family == "empty-segment"]
    assert "slash-before-verb" not in found


def test_a_path_without_verb_has_no_near_misses_of_the_verb() -> None:
    families = {miss.family for miss in near_misses(TEMPLATES[2], "projects/p/operations/o")}
    assert families == set(FAMILIES) - {"verb", "doubled-verb", "trailing-slash"}


def test_what_a_template_has_not_is_left_out() -> None:
    found = by_label(PathTemplate.parse("/{name=**}:x"), "o")
    assert not [label for label in found if label.startswith(("version", "literal", "pair"))]
    assert "verb-shorter" not in found  # nothing would be left of `:x`


def test_the_digits_of_an_escape_have_no_case() -> None:
    found = by_label(TEMPLATES[5], "é/o")
    assert "literal-case-first" not in found
    assert found["verb-case"].path == "/v0/%C3%A9/o:V%2Bw"
    assert found["version-other"].path == "/v99/%C3%A9/o:v%2Bw"


def test_a_name_that_does_not_fit_is_refused() -> None:
    with pytest.raises(ExpansionError):
        near_misses(CANCEL, "operations/o")
    with pytest.raises(UsageError, match="not just one variable"):
        near_misses(PathTemplate.parse("/{a}/{b}"), "o")


def test_a_good_path_put_together_again_is_the_good_path() -> None:
    good = GoodPath.of(CANCEL, NAME)
    assert good.ending(good.suffix) == CANCEL.expand(name=NAME)
    assert [good.segments[at] for at in good.literals] == ["projects", "locations", "operations"]
    assert [good.segments[at] for at in good.wildcards] == ["p", "l", "o"]


@settings(max_examples=50)
@given(st.data())
def test_no_near_miss_means_the_name_it_was_made_from(data: st.DataObject) -> None:
    template = data.draw(st.sampled_from(TEMPLATES))
    name = data.draw(names(template))
    good = template.expand(name=name)
    found = near_misses(template, name)
    for miss in found:
        bound = template.match(miss.path)
        assert bound != {"name": name}, miss
        assert miss.other_name == (bound["name"] if bound else None)
    paths = [miss.path for miss in found]
    assert len({good, *paths}) == len(paths) + 1, "each differs from the good path and from every other"


@settings(max_examples=60)
@given(st.data())
def test_neither_does_a_random_one(data: st.DataObject) -> None:
    template = data.draw(st.sampled_from(TEMPLATES))
    name = data.draw(names(template))
    miss = data.draw(near_miss_strategy(template, name))
    assert template.match(miss.path) != {"name": name}
    assert miss.family in FAMILIES


@settings(max_examples=60)
@given(near_miss_strategy(CANCEL, NAME))
def test_a_regular_expression_by_hand_agrees(miss: NearMiss) -> None:
    """The pattern of the discovery document, read independently of the path template."""
    found = re.fullmatch(r"/v1/(projects/[^/]+/locations/[^/]+/operations/[^/]+):cancel", miss.path)
    assert found is None or unquote(found.group(1)) != NAME


def test_the_strategy_reaches_every_family_and_not_only_the_canonical_ones() -> None:
    labels: set[str] = set()

    @settings(max_examples=200, database=None, derandomize=True)
    @given(near_miss_strategy(CANCEL, NAME))
    def collect(miss: NearMiss) -> None:
        labels.add(miss.label)

    collect()
    assert {f"{family}-random" for family in FAMILIES} <= labels
    assert labels & set(ALL)


def test_names_are_plain_and_awkward() -> None:
    drawn: set[str] = set()

    @settings(max_examples=200, database=None, derandomize=True)
    @given(names(CANCEL))
    def collect(name: str) -> None:
        drawn.update(name.split("/")[1::2])

    collect()
    assert any(re.fullmatch(r"[a-z0-9-]+", one) for one in drawn)
    for awkward in (":", "%", " ", "?", "#", "é", "😀", "o:cancel", "a%2Fb"):
        assert any(awkward in one for one in drawn), awkward
    assert not drawn & {"", ".", ".."}


def test_templates_and_near_misses_do_not_import_hypothesis() -> None:
    """They are imported by every command; Hypothesis would make all of them slow."""
    program = "import sys, conformance.spec.near_miss, conformance.spec.contract; print('hypothesis' in sys.modules)"
    answer = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert answer.stdout.strip() == "False"
