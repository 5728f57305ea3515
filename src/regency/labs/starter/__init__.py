"""What `regency init --starter` writes."""
