//! The registry service: every business rule as commands that become events; the Store trait and its in-memory store.
