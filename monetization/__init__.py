"""What viewers pay a channel for. So far subscriptions, which administrators grant."""
