//! Endpoints beyond the native ones: another system's paths over the same engine.

use std::{fmt::Debug, sync::Arc};

use bytes::Bytes;
use countersign_core::{ConfigError, ConfigFault, Engine, Error, async_trait};
use http::{Method, request::Parts};

use crate::{Inner, reply::Reply, route::Route};

/// A set of endpoints. It maps requests and answers; what is checked is the engine's affair.
#[async_trait]
pub(crate) trait Endpoints: Debug + Send + Sync {
    /// What the set is called where two sets want one path.
    fn name(&self) -> &'static str;

    /// What there is. A path with `GET` has `HEAD` too, and every path has `OPTIONS`.
    fn endpoints(&self) -> &[Endpoint];

    /// Joins an engine that can carry it, and keeps what it needs of it.
    ///
    /// # Errors
    /// What is missing.
    fn join(&mut self, _engine: &Engine) -> Result<(), ConfigError> {
        Ok(())
    }

    /// Answers one of them, by its [`action`](Endpoint::action). The body is under the limit and of
    /// an accepted type, and the origin rule holds.
    async fn answer(
        &self,
        auth: &Inner,
        action: &'static str,
        parts: &Parts,
        body: &Bytes,
    ) -> Result<Reply, Error>;

    /// The answer to a request that was refused, in the words that the clients read.
    fn refuse(&self, error: &Error) -> Reply {
        Reply::error(error)
    }

    /// The `message` of a refusing guard in front of the application's own routes, if the clients
    /// look for one.
    fn guard_message(&self, _error: &Error) -> Option<&'static str> {
        None
    }
}

/// One endpoint.
#[derive(Debug, Clone)]
pub(crate) struct Endpoint {
    pub(crate) method: Method,
    /// The whole path, from the root of the site.
    pub(crate) path: String,
    /// Which of the set's endpoints it is.
    pub(crate) action: &'static str,
    /// Whether a form is as good as JSON.
    pub(crate) takes_forms: bool,
    /// Who may send it from a page.
    pub(crate) pages: Pages,
}

impl Endpoint {
    pub(crate) fn get(path: &str, action: &'static str) -> Self {
        Self {
            method: Method::GET,
            path: path.to_owned(),
            action,
            takes_forms: false,
            pages: Pages::Ours,
        }
    }

    pub(crate) fn post(path: &str, action: &'static str) -> Self {
        Self {
            method: Method::POST,
            ..Self::get(path, action)
        }
    }
}

/// Whose pages may speak to an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pages {
    /// The configured origins', by the origin rule.
    Ours,
    /// Anybody's, without cookies: what comes is judged by what it holds alone.
    Anybodys,
    /// Nobody's: people are sent there, from anywhere, and scripts have no business there (RFC 9700
    /// section 2.6).
    #[cfg(feature = "sso")]
    Nobodys,
}

/// All sets of one site.
#[derive(Debug, Clone, Default)]
pub(crate) struct Mounts {
    sets: Vec<Arc<dyn Endpoints>>,
    paths: Vec<MountedPath>,
}

/// A path, with what is there for each method.
#[derive(Debug, Clone)]
pub(crate) struct MountedPath {
    path: String,
    /// The value of `Allow`.
    allow: String,
    handlers: Vec<Handler>,
}

#[derive(Debug, Clone)]
pub(crate) struct Handler {
    set: Arc<dyn Endpoints>,
    endpoint: Endpoint,
}

impl Mounts {
    /// Adds a set to the native endpoints under `base` and to the sets that are there.
    ///
    /// # Errors
    /// `CFG_PLUGIN_CONFLICT`: one method of one path twice.
    pub(crate) fn add(&mut self, set: Arc<dyn Endpoints>, base: &str) -> Result<(), ConfigError> {
        let mut faults = Vec::new();
        for endpoint in set.endpoints() {
            let (method, path) = (&endpoint.method, &endpoint.path);
            let first = match self.find(path).and_then(|path| path.handler(method)) {
                Some(handler) => Some(handler.set.name()),
                None => Route::native(path, base).map(|_| "the native endpoints"),
            };
            if let Some(first) = first {
                let second = set.name();
                let detail = format!("{method} {path} is served by both {first} and {second}");
                faults.push(ConfigFault::new("CFG_PLUGIN_CONFLICT", detail));
                continue;
            }
            self.place(set.clone(), endpoint.clone());
        }
        self.sets.push(set);
        if faults.is_empty() {
            Ok(())
        } else {
            Err(faults.into())
        }
    }

    pub(crate) fn find(&self, path: &str) -> Option<&MountedPath> {
        self.paths.iter().find(|mounted| mounted.path == path)
    }

    /// The paths that are not under `base`.
    pub(crate) fn beyond<'a>(&'a self, base: &'a str) -> impl Iterator<Item = &'a str> {
        let is_under = move |path: &str| {
            path.strip_prefix(base)
                .is_some_and(|rest| rest.starts_with('/'))
        };
        let paths = self.paths.iter().map(|mounted| mounted.path.as_str());
        paths.filter(move |path| !is_under(path))
    }

    /// The `message` that the clients of one of the sets look for.
    pub(crate) fn guard_message(&self, error: &Error) -> Option<&'static str> {
        self.sets.iter().find_map(|set| set.guard_message(error))
    }

    fn place(&mut self, set: Arc<dyn Endpoints>, endpoint: Endpoint) {
        let known = self.paths.iter().position(|it| it.path == endpoint.path);
        let at = known.unwrap_or_else(|| {
            self.paths.push(MountedPath {
                path: endpoint.path.clone(),
                allow: String::new(),
                handlers: Vec::new(),
            });
            self.paths.len() - 1
        });
        self.paths[at].add(Handler { set, endpoint });
    }
}

impl MountedPath {
    pub(crate) fn path(&self) -> &str {
        &self.path
    }

    pub(crate) fn allow(&self) -> &str {
        &self.allow
    }

    /// What answers a method, `HEAD` as `GET`.
    pub(crate) fn handler(&self, method: &Method) -> Option<&Handler> {
        let method = match *method {
            Method::HEAD => &Method::GET,
            _ => method,
        };
        self.handlers
            .iter()
            .find(|handler| handler.endpoint.method == method)
    }

    /// What speaks for the path to a request of this method: two sets may share a path. Where none
    /// answers the method, it is the first.
    pub(crate) fn speaker(&self, method: &Method) -> &Handler {
        self.handler(method).unwrap_or(&self.handlers[0])
    }

    fn add(&mut self, handler: Handler) {
        self.handlers.push(handler);
        let mut methods: Vec<_> = self
            .handlers
            .iter()
            .map(|handler| handler.endpoint.method.as_str())
            .collect();
        if methods.contains(&"GET") {
            methods.push("HEAD");
        }
        methods.push("OPTIONS");
        methods.sort_unstable();
        self.allow = methods.join(", ");
    }
}

impl Handler {
    pub(crate) fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    pub(crate) async fn answer(
        &self,
        auth: &Inner,
        parts: &Parts,
        body: &Bytes,
    ) -> Result<Reply, Error> {
        let action = self.endpoint.action;
        self.set.answer(auth, action, parts, body).await
    }

    pub(crate) fn refuse(&self, error: &Error) -> Reply {
        self.set.refuse(error)
    }
}
