//! The suite for adapters.
