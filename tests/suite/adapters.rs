//! The adapter suite of the testkit, on every adapter and on the bare core.

mod bare {
    countersign_testkit::adapter_suite!(async |auth| countersign_testkit::rig::Bare(auth));
}

mod actix {
    countersign_testkit::adapter_suite!(countersign_tests::actix_rig);
}

mod axum {
    countersign_testkit::adapter_suite!(countersign_tests::axum_rig);
}

mod poem {
    countersign_testkit::adapter_suite!(countersign_tests::poem_rig);
}

mod rocket {
    countersign_testkit::adapter_suite!(countersign_tests::rocket_rig);
}

mod warp {
    countersign_testkit::adapter_suite!(countersign_tests::warp_rig);
}
