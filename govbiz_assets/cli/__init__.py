"""The `govbiz` command: thin doors to the library, with errors in one line."""
