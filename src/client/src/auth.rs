//! Who the client says it is: nobody, a user with a password, or the bearer of a token, fixed or fetched when needed.

use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::Arc,
    time::{Duration, Instant},
};

use reqwest::{RequestBuilder, header::HeaderValue};
use tokio::sync::Mutex;

use crate::ClientError;

/// A token that ends within this time is fetched again before it is used.
const TOKEN_LEEWAY: Duration = Duration::from_secs(10);

/// Who the client says it is. User and password in a base URL count for that URL instead.
#[derive(Clone, Default)]
pub enum Auth {
    /// Nobody.
    #[default]
    None,
    /// HTTP basic: an API key and its secret, mostly.
    Basic {
        /// User, or API key.
        user: String,
        /// Password, or secret.
        password: String,
    },
    /// A bearer token that does not change.
    Bearer(String),
    /// A bearer token that is fetched, kept until it ends, and fetched again when it has ended or the registry answers 401.
    Token(Arc<dyn TokenSource>),
}

/// Shows the kind alone.
impl fmt::Debug for Auth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Auth::None => "None",
            Auth::Basic { .. } => "Basic",
            Auth::Bearer(_) => "Bearer",
            Auth::Token(_) => "Token",
        })
    }
}

impl Auth {
    /// A token fetched by a function: an OAuth client-credentials call, a metadata service, a file that is renewed.
    pub fn token<F, C>(fetch: F) -> Auth
    where
        F: Fn() -> C + Send + Sync + 'static,
        C: Future<Output = Result<Token, TokenError>> + Send + 'static,
    {
        Auth::Token(Arc::new(Fetch(fetch)))
    }
}

/// A bearer token.
#[derive(Clone, PartialEq, Eq)]
pub struct Token {
    /// Its text.
    pub value: String,
    /// When it ends; `None`: when the registry answers 401.
    pub ends: Option<Instant>,
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Token").field("ends", &self.ends).finish_non_exhaustive()
    }
}

/// Why there is no token.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct TokenError {
    /// Why; it is shown in errors, so it must hold no secret.
    pub reason: String,
    /// Whether there may be one later.
    pub transient: bool,
}

/// Gives bearer tokens. One call at a time is made per client.
pub trait TokenSource: Send + Sync {
    /// A token that is good now.
    /// # Errors
    /// [`TokenError`].
    fn token(&self) -> Pin<Box<dyn Future<Output = Result<Token, TokenError>> + Send + '_>>;
}

struct Fetch<F>(F);

impl<F, C> TokenSource for Fetch<F>
where
    F: Fn() -> C + Send + Sync,
    C: Future<Output = Result<Token, TokenError>> + Send + 'static,
{
    fn token(&self) -> Pin<Box<dyn Future<Output = Result<Token, TokenError>> + Send + '_>> {
        Box::pin((self.0)())
    }
}

/// What a request is signed with.
pub(crate) enum Signature {
    None,
    Basic(String, String),
    Bearer(String),
}

impl Signature {
    pub(crate) fn sign(&self, request: RequestBuilder) -> RequestBuilder {
        match self {
            Signature::None => request,
            Signature::Basic(user, password) => request.basic_auth(user, Some(password)),
            Signature::Bearer(token) => request.bearer_auth(token),
        }
    }
}

/// The client's side of [`Auth`]: keeps a fetched token.
pub(crate) struct Signer {
    auth: Auth,
    token: Mutex<Option<Token>>,
}

impl Signer {
    pub(crate) fn new(auth: Auth) -> Result<Signer, ClientError> {
        if let Auth::Bearer(token) = &auth {
            check_token(token).map_err(|reason| ClientError::Setting { setting: "auth", reason })?;
        }
        Ok(Signer { auth, token: Mutex::new(None) })
    }

    /// Whether a 401 may be cured by [`Signer::signature`] without that token.
    pub(crate) fn renews(&self) -> bool {
        matches!(self.auth, Auth::Token(_))
    }

    /// The signature of a request; `refused` is the token that was answered 401, so that it is not used again.
    pub(crate) async fn signature(&self, refused: Option<&Signature>) -> Result<Signature, ClientError> {
        let source = match &self.auth {
            Auth::None => return Ok(Signature::None),
            Auth::Basic { user, password } => return Ok(Signature::Basic(user.clone(), password.clone())),
            Auth::Bearer(token) => return Ok(Signature::Bearer(token.clone())),
            Auth::Token(source) => source,
        };
        let mut kept = self.token.lock().await;
        if let Some(token) = &*kept {
            let was_refused = matches!(refused, Some(Signature::Bearer(refused)) if *refused == token.value);
            if !was_refused && token.ends.is_none_or(|ends| Instant::now() + TOKEN_LEEWAY < ends) {
                return Ok(Signature::Bearer(token.value.clone()));
            }
        }
        *kept = None;
        let token = source
            .token()
            .await
            .map_err(|TokenError { reason, transient }| ClientError::Token { reason, transient })?;
        check_token(&token.value).map_err(|reason| ClientError::Token { reason, transient: false })?;
        let signature = Signature::Bearer(token.value.clone());
        *kept = Some(token);
        Ok(signature)
    }
}

/// A token goes into a header line, which a line break in it would end.
fn check_token(token: &str) -> Result<(), String> {
    match HeaderValue::from_str(token) {
        Ok(_) if !token.is_empty() => Ok(()),
        _ => Err("a bearer token must be visible ASCII without line breaks, and not empty".into()),
    }
}
