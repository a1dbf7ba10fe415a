//! The registry's HTTP client: async core, blocking twin, cache.
