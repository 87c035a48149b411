"""Tests of the embedded endpoint and of the read-back."""
