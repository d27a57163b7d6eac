"""Pictures of the documentation that no command of the package leaves."""
