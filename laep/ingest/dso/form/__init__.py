"""What several operators publish in one form."""
