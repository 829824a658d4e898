"""Child processes of the link: the virtual board and host inference."""
