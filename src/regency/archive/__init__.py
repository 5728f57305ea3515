"""Every candidate kept, and which one to build on next."""
