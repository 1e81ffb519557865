"""Which operation is cancelled: the one in the path, and no other."""

from __future__ import annotations

from conformance.errors import NotTested
from conformance.exchange import Exchange, Method
from conformance.exchange.history import operation_in
from conformance.rules import Complaint
from conformance.rules.server.outcome import untouched
from conformance.server.target.iut import Iut
from conformance.suite.judging import disruptive, verifies
from conformance.suite.refusals import Refusals
from conformance.suite.stories import Bystander, Bystanders, Stories
from conformance.suite.storm import Storm
from conformance.suite.untouched import require_untouched


@verifies("target.body-name-never-redirects")
def test_body_name_never_redirects_the_cancel(refusals: Refusals) -> None:
    """Envoy, by default, cancels the operation that the body names."""
    refusals.require_no_effect("body-name")


@verifies("target.query-name-never-redirects")
def test_query_name_never_redirects_the_cancel(refusals: Refusals) -> None:
    """Envoy and vanguard cancel the operation that the query names."""
    refusals.require_no_effect("query-name")


@verifies("target.routing-header-never-redirects")
def test_routing_header_never_redirects_the_cancel(refusals: Refusals) -> None:
    refusals.require_no_effect("routing-header")


@verifies("target.whole-name-counts")
def test_similar_name_is_another_operation(refusals: Refusals) -> None:
    """The id under another project or location, a shorter, longer or differently written id: not this operation."""
    if not refusals.sent["similar-names"]:
        raise NotTested("every similar name may be somebody's: a get of it is not answered with 404")
    refusals.require_no_effect("similar-names")


@verifies("target.other-operations-untouched")
def test_cancel_leaves_other_operations_alone(
    iut: Iut, bystanders: Bystanders, cancel_works: Stories, storm: Storm
) -> None:
    """The operation started right before a cancelled one and the one started right after it still run."""
    require_untouched(iut, cancel_works.touched, cancel_works.control)
    younger = bystanders.get(2)[1]
    look = iut.get(younger.name)
    require_untouched(iut, _touched(bystanders, younger, look, storm.cancel), look)


@disruptive
@verifies("target.other-operations-untouched", profile="ci")
def test_wildcard_is_no_operation(iut: Iut, bystanders: Bystanders, cancel_is_answered: None) -> None:
    """An id of `-` or `*` is an id: it may be refused, and stands for nothing; where a get says so, too."""
    parent = bystanders.get()[0].name.rpartition("/")[0]
    paths = {wildcard: iut.contract.path(Method.GET, f"{parent}/{wildcard}") for wildcard in ("-", "*")}
    free = iut.nobodys(paths.values())
    if not free:
        raise NotTested("a get of the ids - and * is not answered with 404, so a cancel of them may hit a stranger")
    for wildcard in (wildcard for wildcard, path in paths.items() if path in free):
        bystander = bystanders.new()
        name = f"{parent}/{wildcard}"
        cancel = iut.send(iut.cancel_request(name, note=f"cancel of the id {wildcard}", is_odd=True))
        look = iut.get(bystander.name)
        require_untouched(iut, _touched(bystanders, bystander, look, cancel), look)


def _touched(bystanders: Bystanders, bystander: Bystander, look: Exchange, cause: Exchange) -> Complaint | None:
    complaint = untouched(bystander.operation, look, cause)
    if complaint is not None or operation_in(look) is None:
        bystanders.retire(bystander)
    return complaint
