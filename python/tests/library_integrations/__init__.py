"""Integrations, plugins and observers of the library."""
