//! Each target for a while, from a seed of its own.

use countersign_fuzz::{all, driver::fuzz};

#[test]
fn no_target_panics_and_each_takes_many_paths() {
    for target in all() {
        let outcome = fuzz(&target, 20_260_101, 30_000);
        assert!(outcome.paths > 20, "{}: {outcome:?}", target.name);
    }
}

#[test]
fn a_run_is_repeatable() {
    for target in all() {
        assert_eq!(fuzz(&target, 7, 2_000), fuzz(&target, 7, 2_000));
    }
}
