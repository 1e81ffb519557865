"""A server that really manages operations: the honest one, to be taken apart.

`build.reference_service` makes it, `flavour` lists the ways in which it may differ and still be right, `in_process`,
`asgi` and `serve` put it where clients are. A fault is the service with one step exchanged: see `service`.
"""
