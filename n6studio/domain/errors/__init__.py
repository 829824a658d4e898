"""Every failure that a user can meet, in families by subject, each error with its remedy."""
