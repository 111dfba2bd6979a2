"""Rules over rollouts: every Application in a step, every step able to finish, in an order that holds."""
