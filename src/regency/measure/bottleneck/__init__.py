"""Where review holds the work up: from a lab's record, or from any git repository.

`entries.stream` and `merges.stream` turn a source into one `Stream` of items; `answer.measure`
turns a stream into a `Report`; `figures` draws it. Estimates are intervals throughout.
"""
