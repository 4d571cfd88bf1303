"""What a person does in a terminal: one file, one command. With cli.py, the only code that prints."""
