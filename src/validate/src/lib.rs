//! Payload bytes to verdict: the explaining walkers, topic policy, and the traits that feed them.
