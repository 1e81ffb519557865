"""`python -m tests.golden [NAME...]` writes the golden verdicts again, of all subjects or of those that are named."""

from __future__ import annotations

import sys
from itertools import chain

from conformance.commands.faults import described
from conformance.proof.client_kill_matrix import run_client_matrix
from conformance.proof.kill_matrix import run_matrix
from tests.golden.golden import FILE, everyone, read, with_outcomes, written


def main(names: list[str]) -> int:
    """Judge the subjects and write their lines; 1 when something of what is written is not as declared."""
    chosen = [subject for subject in everyone() if not names or subject.name in names]
    unknown = set(names) - {subject.name for subject in chosen}
    if unknown:
        print(f"no fault or variant is named {', '.join(sorted(unknown))}", file=sys.stderr)
        return 2
    servers, clients = ([one for one in chosen if one.actor == actor] for actor in ("server", "client"))
    outcomes = list(chain(run_matrix(servers), run_client_matrix(clients)))
    FILE.write_text(written(with_outcomes(read() if FILE.exists() else {}, outcomes)), encoding="utf-8")
    inexact = [described(outcome) for outcome in outcomes if not outcome.is_exact]
    print("\n".join([*inexact, f"{len(outcomes)} lines in {FILE}, {len(inexact)} of them of what is inexact"]))
    return 1 if inexact else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
