"""Tests that take minutes; `npm run test:full` runs them."""
