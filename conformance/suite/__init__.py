"""Checks of servers: one file for each chapter of the contract. A check verifies one requirement."""
