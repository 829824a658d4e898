"""Every failure a user can meet, each with its remedy."""
