"""Orchestrators of a run on this machine, one process each; see `local/orchestration.ts`, which talks to them."""
