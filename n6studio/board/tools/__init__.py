"""Vendor tools on this computer: where they are, of which version, and whether they are fit for the job.

`locations` knows where installers put things, `versions` asks a tool what it is, `known_bad` is the dated table of
versions that need care, `choices` remembers what the user said, `discovery` puts them together, and `findings` says for
the doctor what is there and what to do.
"""
