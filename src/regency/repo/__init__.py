"""Git: trees, objects, refs and differences."""
