"""What `npm run bench:stream` runs in Python: see ../README.md."""
