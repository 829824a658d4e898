"""What the rooms above need of the operating system: whole files, whole processes, carried files. No Qt."""
