"""In a checkout, plain `pytest` runs the tests and the suite against the embedded reference server."""
