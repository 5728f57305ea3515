"""What a human reads before ratifying: packets, explanations, risk, policy."""
