"""The gateway program: generated from the descriptors of the service, as every grpc-gateway is, and built with Go.

What is generated stays in the cache. The versions of the generator and of the library are those of gateway/go.mod.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from pathlib import Path
from typing import Final

from google.longrunning import operations_pb2
from google.protobuf import descriptor_pb2
from google.protobuf.compiler import plugin_pb2

from examples.serving.children import Children
from examples.serving.environment import CACHE
from examples.serving.failure import CannotServe, NotAvailable
from examples.transcoder.descriptors import descriptor_set

SOURCE: Final = Path(__file__).resolve().parent / "gateway"
GENERATOR: Final = "github.com/grpc-ecosystem/grpc-gateway/v2/protoc-gen-grpc-gateway"
OPTIONS: Final = "standalone=true,paths=source_relative"
BUILD_SECONDS: Final = 900.0
GENERATE_SECONDS: Final = 60.0
REMEDY: Final = "check that Go can fetch the modules of examples/grpc-gateway/gateway/go.mod"


def gateway_program(children: Children) -> Path:
    """The program's path. Raises NotAvailable when this machine cannot have it."""
    request = _request()
    known = hashlib.sha256(request + b"".join(file.read_bytes() for file in sorted(SOURCE.iterdir())))
    folder = CACHE / f"grpc-gateway-{known.hexdigest()[:12]}"
    program = folder / "grpc-gateway"
    if not program.exists():
        go = shutil.which("go")
        if go is None:
            raise NotAvailable("Go is not installed, and grpc-gateway is built with it", "install Go 1.26 or newer")
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(SOURCE, folder)
        try:
            _build(children, folder, go, request)
        except CannotServe as error:
            raise NotAvailable(error.message, error.remedy) from None
    return program


def _build(children: Children, folder: Path, go: str, request: bytes) -> None:
    build = [go, "build", "-C", str(folder), "-o"]
    children.run("go-build-generator", [*build, "generator", GENERATOR], within=BUILD_SECONDS, remedy=REMEDY)
    generated = folder / "generated"
    generated.mkdir()
    for name, content in _generated(folder / "generator", request):
        (generated / name).write_text(content, "utf-8")
    children.run("go-build", [*build, "grpc-gateway", "."], within=BUILD_SECONDS, remedy=REMEDY)


def _request() -> bytes:
    """What protoc asks its plugin: to generate for the service, with the binding of the contract in its options."""
    files = descriptor_pb2.FileDescriptorSet.FromString(descriptor_set([operations_pb2.DESCRIPTOR])).file
    return plugin_pb2.CodeGeneratorRequest(
        file_to_generate=[operations_pb2.DESCRIPTOR.name], parameter=OPTIONS, proto_file=files
    ).SerializeToString(deterministic=True)


def _generated(generator: Path, request: bytes) -> list[tuple[str, str]]:
    """The files that the generator makes, each by its name without a folder."""
    done = subprocess.run([generator], input=request, capture_output=True, check=False, timeout=GENERATE_SECONDS)
    answer = plugin_pb2.CodeGeneratorResponse.FromString(done.stdout)
    if done.returncode != 0 or answer.error or not answer.file:
        said = answer.error or done.stderr.decode("utf-8", "replace")
        raise CannotServe(f"the generator of grpc-gateway made nothing: {said.strip()}", "read what it says")
    return [(Path(file.name).name, file.content) for file in answer.file]
