"""Server checks: one file per chapter of the contract, each check a stimulus that lets one requirement be judged."""
