"""What a migration changes besides tables; one module per change, each safe to run again."""
