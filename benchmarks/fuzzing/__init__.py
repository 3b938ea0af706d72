"""What the fuzzers are made of: changes of files, children that read them, and what is read."""
