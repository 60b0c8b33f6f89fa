"""How each provider of the payments app is asked what it took for an order."""
