//! The group state machine, with the clock in the test's hand.
