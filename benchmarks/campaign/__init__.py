"""Attacks the commands with damaged inputs, kills, gadgets and failing disks: python -m benchmarks.campaign."""
