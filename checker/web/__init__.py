"""The page: a calculator for any problem, and practice with feedback at every step. Needs the extra `web`."""
