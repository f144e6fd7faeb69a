//! The site that a text must be for, as it is named on the command line.

use std::{fmt, str::FromStr};

use countersign::Origin;

/// A site: an origin, or a domain. A domain means https, and on this machine http too.
///
/// ```
/// use countersign_cli::Site;
///
/// let site: Site = "localhost:3000".parse().unwrap();
/// assert_eq!(site.origins().len(), 2);
/// assert!("app.example/login".parse::<Site>().is_err());
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Site(Vec<Origin>);

impl Site {
    /// The origins that count as the site.
    pub fn origins(&self) -> &[Origin] {
        &self.0
    }
}

impl From<Origin> for Site {
    fn from(origin: Origin) -> Self {
        Self(vec![origin])
    }
}

impl FromStr for Site {
    type Err = SiteError;

    fn from_str(text: &str) -> Result<Self, SiteError> {
        let origin = |text: &str| text.parse::<Origin>().map_err(|_| SiteError);
        if text.contains("://") {
            return Ok(Self(vec![origin(text)?]));
        }
        let secure = origin(&format!("https://{text}"))?;
        let mut origins = vec![];
        if secure.is_loopback() {
            origins.push(origin(&format!("http://{text}"))?);
        }
        origins.push(secure);
        Ok(Self(origins))
    }
}

/// A text that names no site.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SiteError;

impl fmt::Display for SiteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a domain, such as app.example, or an origin, such as https://app.example")
    }
}

impl std::error::Error for SiteError {}
