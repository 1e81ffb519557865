"""`python -m conformance` is `lro-conformance`."""

import sys

from conformance.cli import main

sys.exit(main())
