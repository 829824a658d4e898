"""One job: a stage's request, child process, result, and freshness."""
