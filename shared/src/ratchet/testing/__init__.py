"""What tests of every service stand on: a real server, patience with a deadline, and fakes."""
