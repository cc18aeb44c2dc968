"""What `import lightlab` offers: the commands as functions, for scripts and notebooks."""
