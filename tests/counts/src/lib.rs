//! The hot paths, each as one call: for the benches, and for the counts of their instructions.

mod bare;
mod guard;
mod sign_in;
mod site;

pub use bare::{BACKEND, Signed, recover};
pub use guard::Guarded;
pub use sign_in::{ORIGIN, SignInText};
pub use site::Site;

/// A path by its name, as a closure to be called again and again.
pub fn path(name: &str) -> Option<Box<dyn FnMut()>> {
    use std::hint::black_box;
    let of_text = |text: SignInText| -> Box<dyn FnMut()> {
        Box::new(move || {
            black_box(black_box(&text).account());
        })
    };
    Some(match name {
        "ethereum" => of_text(SignInText::ethereum(0)),
        "sr25519" => of_text(SignInText::sr25519(0)),
        "ed25519" => of_text(SignInText::ed25519(0)),
        "ethereum-bare" => {
            let text = SignInText::ethereum(0);
            Box::new(move || {
                black_box(recover(black_box(&text.message), &text.signature));
            })
        }
        "sr25519-bare" => {
            let signed = Signed::of(&SignInText::sr25519(0));
            Box::new(move || black_box(&signed).sr25519())
        }
        "ed25519-bare" => {
            let signed = Signed::of(&SignInText::ed25519(0));
            Box::new(move || black_box(&signed).ed25519())
        }
        "guard-cookie" => {
            let guarded = Guarded::new();
            Box::new(move || {
                black_box(guarded.by_cookie());
            })
        }
        "guard-bearer" => {
            let guarded = Guarded::new();
            Box::new(move || {
                black_box(guarded.by_bearer());
            })
        }
        "sign-in" => {
            let guarded = Guarded::new();
            Box::new(move || {
                black_box(guarded.sign_in());
            })
        }
        "sign-in-http" => {
            let site = Site::new();
            Box::new(move || {
                black_box(site.sign_in());
            })
        }
        _ => return None,
    })
}

/// All names that [`path`] knows, and how many calls of it drown what varies in its preparation.
pub const PATHS: &[(&str, u32)] = &[
    ("ethereum", 40),
    ("ethereum-bare", 40),
    ("sr25519", 40),
    ("sr25519-bare", 40),
    ("ed25519", 40),
    ("ed25519-bare", 40),
    ("guard-cookie", 3000),
    ("guard-bearer", 3000),
    ("sign-in", 40),
    ("sign-in-http", 1000),
];
