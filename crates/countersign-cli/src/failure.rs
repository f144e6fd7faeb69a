//! Why a command ended early, in one line, or one for each fault of a configuration.

use std::{fmt, process::ExitCode};

use countersign::ConfigError;

/// Why a command ended early.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The command was used wrongly (exit status 2).
    Usage(String),
    /// A configuration is refused, with each of its faults (exit status 2).
    Config(ConfigError),
    /// Somebody said no, or could not be reached (exit status 1).
    Refused(String),
}

impl Failure {
    pub(crate) fn usage(text: impl fmt::Display) -> Self {
        Self::Usage(text.to_string())
    }

    pub(crate) fn refused(text: impl fmt::Display) -> Self {
        Self::Refused(text.to_string())
    }

    /// What is said of it, line by line.
    pub(crate) fn lines(&self) -> Vec<String> {
        match self {
            Self::Usage(text) | Self::Refused(text) => vec![text.clone()],
            Self::Config(error) => {
                let faults = error.faults().iter();
                let lines = faults.map(|fault| format!("{}: {}", fault.code, fault.detail));
                lines.collect()
            }
        }
    }

    pub(crate) fn exit_code(&self) -> ExitCode {
        match self {
            Self::Usage(_) | Self::Config(_) => ExitCode::from(2),
            Self::Refused(_) => ExitCode::FAILURE,
        }
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        Self::Config(error)
    }
}
