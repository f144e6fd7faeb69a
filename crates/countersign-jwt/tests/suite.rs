//! The issuer against the testkit's suite, once per algorithm.

#![allow(clippy::unwrap_used)]

use countersign_jwt::{Algorithm, Jwt, Key, KeyRing, WalletJwt};

fn issuer(algorithm: Algorithm) -> Jwt {
    Jwt::new(KeyRing::of(Key::generate(algorithm)))
}

mod eddsa {
    use super::*;

    countersign_testkit::token_issuer_suite!(issuer(Algorithm::EdDsa));
}

mod es256 {
    use super::*;

    countersign_testkit::token_issuer_suite!(issuer(Algorithm::Es256));
}

mod es256k {
    use super::*;

    countersign_testkit::token_issuer_suite!(issuer(Algorithm::Es256k));
}

mod hs256 {
    use super::*;

    countersign_testkit::token_issuer_suite!(issuer(Algorithm::Hs256));
}

#[cfg(feature = "rs256")]
mod rs256 {
    use super::*;

    countersign_testkit::token_issuer_suite!(issuer(Algorithm::Rs256));
}

mod wallet {
    use super::*;

    countersign_testkit::token_issuer_suite!(
        WalletJwt::new(Key::generate(Algorithm::Es256k)).unwrap()
    );
}

mod thirdweb {
    use super::*;

    countersign_testkit::token_issuer_suite!(
        WalletJwt::thirdweb(Key::generate(Algorithm::Es256k)).unwrap()
    );
}
