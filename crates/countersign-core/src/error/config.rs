//! Why an engine is not built: everything that is wrong, at once.

use std::fmt;

/// Why an engine was not built: *every* fault at once, each with its stable `CFG_*` code.
///
/// ```
/// use countersign_core::Engine;
///
/// let error = Engine::builder("http://app.example").build().unwrap_err();
/// let codes: Vec<_> = error.faults().iter().map(|fault| fault.code).collect();
/// assert!(codes.contains(&"CFG_INSECURE_ORIGIN"));
/// assert!(codes.contains(&"CFG_SECRET_MISSING"));
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct ConfigError {
    faults: Vec<ConfigFault>,
}

/// One thing that is missing or contradictory in a configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigFault {
    /// The stable code, such as `CFG_ORIGIN`.
    pub code: &'static str,
    /// What is wrong and how to mend it. Never holds a secret.
    pub detail: String,
}

impl ConfigError {
    /// The faults, in the order the configuration was read. Never empty.
    pub fn faults(&self) -> &[ConfigFault] {
        &self.faults
    }
}

impl From<ConfigFault> for ConfigError {
    fn from(fault: ConfigFault) -> Self {
        Self {
            faults: vec![fault],
        }
    }
}

impl From<Vec<ConfigFault>> for ConfigError {
    fn from(faults: Vec<ConfigFault>) -> Self {
        Self { faults }
    }
}

impl ConfigFault {
    /// A fault with its code.
    pub fn new(code: &'static str, detail: impl Into<String>) -> Self {
        Self {
            code,
            detail: detail.into(),
        }
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the configuration is refused:")?;
        for ConfigFault { code, detail } in &self.faults {
            write!(f, "\n  {code}: {detail}")?;
        }
        Ok(())
    }
}

/// As for people: this is what a `main` that returns the error prints.
impl fmt::Debug for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for ConfigError {}
