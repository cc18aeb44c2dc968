"""Timings beside plain loops, and the scores and learning rates of the tasks; see README.md."""
