"""The conversions, tried with the official SDKs against a server on this machine."""
