"""The suite that ends streams at every point and counts what is left: see README.md."""
