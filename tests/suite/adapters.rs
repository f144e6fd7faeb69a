//! The adapter suite of the testkit, on every adapter and on the bare core.

mod bare {
    countersign_testkit::adapter_suite!(async |auth| countersign_testkit::rig::Bare(auth));
}

mod poem {
    countersign_testkit::adapter_suite!(countersign_tests::poem_rig);
}
