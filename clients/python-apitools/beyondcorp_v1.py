"""The operations of beyondcorp v1 on apitools, in the way of the clients that are generated for gcloud."""

import sys
from typing import Any

from apitools.base.protorpclite import messages
from apitools.base.py import base_api, encoding, extra_types


class Empty(messages.Message):
    """What a cancel returns."""


class CancelOperationRequest(messages.Message):
    """The content of a cancel."""


class CancelRequest(messages.Message):
    """A cancel: the name, and the content."""

    name = messages.StringField(1, required=True)
    cancelOperationRequest = messages.MessageField(CancelOperationRequest, 2)


class GetRequest(messages.Message):
    """A get."""

    name = messages.StringField(1, required=True)


class Status(messages.Message):
    """google.rpc.Status."""

    code = messages.IntegerField(1, variant=messages.Variant.INT32)
    message = messages.StringField(2)


@encoding.MapUnrecognizedFields("additionalProperties")
class Members(messages.Message):
    """An object of any members."""

    class AdditionalProperty(messages.Message):
        """One of them."""

        key = messages.StringField(1)
        value = messages.MessageField(extra_types.JsonValue, 2)

    additionalProperties = messages.MessageField(AdditionalProperty, 1, repeated=True)


class Operation(messages.Message):
    """google.longrunning.Operation."""

    done = messages.BooleanField(1)
    error = messages.MessageField(Status, 2)
    metadata = messages.MessageField(Members, 3)
    name = messages.StringField(4)
    response = messages.MessageField(Members, 5)


class StandardQueryParameters(messages.Message):
    """What every call may have in its query."""

    class AltValueValuesEnum(messages.Enum):
        """The form of an answer."""

        json = 0

    alt = messages.EnumField(AltValueValuesEnum, 1, default="json")
    prettyPrint = messages.BooleanField(2, default=True)


class Operations(base_api.BaseApiService):
    """projects.locations.operations; the paths of organizations are the same."""

    def Cancel(self, request: CancelRequest) -> Any:
        """POST v1/{name}:cancel."""
        return self._RunMethod(self.GetMethodConfig("Cancel"), request)

    Cancel.method_config = lambda: base_api.ApiMethodInfo(
        http_method="POST",
        method_id="beyondcorp.projects.locations.operations.cancel",
        ordered_params=["name"],
        path_params=["name"],
        query_params=[],
        relative_path="v1/{+name}:cancel",
        request_field="cancelOperationRequest",
        request_type_name="CancelRequest",
        response_type_name="Empty",
        supports_download=False,
    )

    def Get(self, request: GetRequest) -> Any:
        """GET v1/{name}."""
        return self._RunMethod(self.GetMethodConfig("Get"), request)

    Get.method_config = lambda: base_api.ApiMethodInfo(
        http_method="GET",
        method_id="beyondcorp.projects.locations.operations.get",
        ordered_params=["name"],
        path_params=["name"],
        query_params=[],
        relative_path="v1/{+name}",
        request_field="",
        request_type_name="GetRequest",
        response_type_name="Operation",
        supports_download=False,
    )


class BeyondcorpV1(base_api.BaseApiClient):
    """The client."""

    MESSAGES_MODULE = sys.modules[__name__]
    _PACKAGE = "beyondcorp"
    _SCOPES = ("https://www.googleapis.com/auth/cloud-platform",)

    def __init__(self, url: str, http: object) -> None:
        super().__init__(url, get_credentials=False, http=http)
        self.operations = Operations(self)
