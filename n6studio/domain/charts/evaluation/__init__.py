"""Charts of an evaluation. The page and the report show what `groups` lists."""
