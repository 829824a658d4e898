"""Project on disk, which steps are stale, jobs, the child process and its messages. No Qt."""
