"""The reference server. It really manages operations, and its steps can be exchanged.

`build.reference_service` makes it. `flavour` lists what the contract leaves to a server. `in_process`, `asgi` and
`serve` connect clients to it. A fault is the service with one step exchanged: see `service`.
"""
