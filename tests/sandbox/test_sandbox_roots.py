"""What candidates see of the host, as planned."""

from regency.sandbox import roots


def test_a_standard_library_that_is_itself_shown_is_hidden_from_too(tmp_path):
    library = tmp_path / "python3.11"
    library.mkdir()
    (library / "mailbox.py").write_text("x = 1\n")
    found = roots._of_stdlib("mailbox", [str(library)])
    assert list(found) == [str(library / "mailbox.py")]
