"""What engine and observer may share: records and plain arithmetic."""
