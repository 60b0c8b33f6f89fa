"""What happens on the host's DocTypes: one file each, handlers that guard, translate and call."""
