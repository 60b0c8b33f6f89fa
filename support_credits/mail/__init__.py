"""Mail on its way in and the answers to it: recognised, kept until it is stored, answered once."""
