"""People, roles, sessions and tokens; knows no screen."""
