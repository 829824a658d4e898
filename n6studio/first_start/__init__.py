"""The first start of an installed N6 Studio: makes the user's environment, in a window, and then starts the program.

It runs from the installers' kit on a Python that has nothing: the system's, or one that uv got. The kit is a folder
with the program's wheel, the lists of pinned versions, and on Windows and macOS uv; of an offline installer also the
wheels.
"""
