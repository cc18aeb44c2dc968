"""Side-by-side timings; see README.md."""
