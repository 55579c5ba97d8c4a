"""What the package gives to the tests of others."""
