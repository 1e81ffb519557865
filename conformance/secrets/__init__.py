"""What a secret is, how it is found, and how it is masked."""
