"""Data quality by Great Expectations: suites made from the contracts, and the gate before a staged load is served."""
