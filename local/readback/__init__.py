"""Reads a deployed stack back, property by property, through the public AWS API, and compares it with its template."""
