//! TLS: whom to trust, and the client's own certificate. `rustls` with `ring` (docs/adr/003).

use std::{fmt, path::PathBuf};

/// Whom to trust on `https` URLs, and what to show of oneself. Certificates are always checked; there is no switch for that.
#[derive(Debug, Clone, Default)]
pub struct TlsConfig {
    /// Certificate authorities besides those of the system, in PEM; each may hold several.
    pub roots: Vec<Pem>,
    /// Whether those of the system count.
    pub system_roots: SystemRoots,
    /// The client's certificate (mTLS).
    pub identity: Option<Identity>,
}

/// Whether the certificate authorities of the system count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum SystemRoots {
    /// They do.
    #[default]
    Trust,
    /// They do not: only [`TlsConfig::roots`] do.
    Ignore,
}

/// PEM: a file, or its content.
#[derive(Clone)]
pub enum Pem {
    /// A file; read when the client is made.
    File(PathBuf),
    /// The content of one.
    Text(String),
}

/// Shows the path of a file, and nothing of a content.
impl fmt::Debug for Pem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Pem::File(path) => f.debug_tuple("File").field(path).finish(),
            Pem::Text(_) => f.debug_tuple("Text").finish_non_exhaustive(),
        }
    }
}

/// A client certificate with its key.
#[derive(Debug, Clone)]
pub struct Identity {
    /// The certificate, then those between it and a root.
    pub certificates: Pem,
    /// Its private key (PKCS#8, PKCS#1 or SEC1, not encrypted). May be the same file.
    pub key: Pem,
}

#[cfg(feature = "tls")]
pub(crate) use with_rustls::{distrust, no_config, rustls_config};

#[cfg(feature = "tls")]
mod with_rustls {
    use std::{error::Error, io, sync::Arc};

    use rustls::{
        ClientConfig, RootCertStore,
        client::WebPkiServerVerifier,
        client::danger::ServerCertVerifier,
        crypto::{CryptoProvider, ring},
        pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    };
    use rustls_platform_verifier::Verifier;

    use super::{Identity, Pem, SystemRoots, TlsConfig};
    use crate::ClientError;

    /// Longest PEM that is read, in bytes.
    const PEM_BYTES_MAX: u64 = 4 << 20;

    /// The settings in `rustls`' terms.
    pub(crate) fn rustls_config(tls: &TlsConfig) -> Result<ClientConfig, ClientError> {
        let provider = Arc::new(ring::default_provider());
        let verifier = verifier(tls, &provider)?;
        let builder = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| setting("tls", &error))?
            .dangerous() // the name of the door; the verifier behind it checks everything
            .with_custom_certificate_verifier(verifier);
        match &tls.identity {
            None => Ok(builder.with_no_client_auth()),
            Some(Identity { certificates, key }) => {
                let chain = certificates_of(certificates, "tls.identity.certificates")?;
                let text = read(key, "tls.identity.key")?;
                let key = PrivateKeyDer::from_pem_slice(text.as_bytes())
                    .map_err(|error| setting("tls.identity.key", &error))?;
                builder.with_client_auth_cert(chain, key).map_err(|error| setting("tls.identity", &error))
            }
        }
    }

    /// For clients of `http` URLs alone: trusts nobody, and does not read the system's certificates.
    pub(crate) fn no_config() -> Result<ClientConfig, ClientError> {
        let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| setting("tls", &error))?;
        Ok(builder.with_root_certificates(RootCertStore::empty()).with_no_client_auth())
    }

    fn verifier(
        tls: &TlsConfig,
        provider: &Arc<CryptoProvider>,
    ) -> Result<Arc<dyn ServerCertVerifier>, ClientError> {
        let mut roots = Vec::new();
        for pem in &tls.roots {
            roots.extend(certificates_of(pem, "tls.roots")?);
        }
        if tls.system_roots == SystemRoots::Trust {
            let verifier = Verifier::new_with_extra_roots(roots, Arc::clone(provider))
                .map_err(|error| setting("tls.system_roots", &error))?;
            return Ok(Arc::new(verifier));
        }
        let mut store = RootCertStore::empty();
        for root in roots {
            store.add(root).map_err(|error| setting("tls.roots", &error))?;
        }
        let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(store), Arc::clone(provider))
            .build()
            .map_err(|error| setting("tls.roots", &error))?;
        Ok(verifier)
    }

    fn certificates_of(pem: &Pem, name: &'static str) -> Result<Vec<CertificateDer<'static>>, ClientError> {
        let text = read(pem, name)?;
        let found = CertificateDer::pem_slice_iter(text.as_bytes())
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| setting(name, &error))?;
        if found.is_empty() {
            return Err(ClientError::Setting {
                setting: name,
                reason: "there is no certificate in it".into(),
            });
        }
        Ok(found)
    }

    fn read(pem: &Pem, name: &'static str) -> Result<String, ClientError> {
        let refuse = |reason: String| ClientError::Setting { setting: name, reason };
        let path = match pem {
            Pem::Text(text) => return Ok(text.clone()),
            Pem::File(path) => path,
        };
        let shown = path.display();
        let bytes = std::fs::metadata(path).map_err(|error| refuse(format!("{shown}: {error}")))?.len();
        if bytes > PEM_BYTES_MAX {
            return Err(refuse(format!("{shown} has {bytes} bytes, at most {PEM_BYTES_MAX} are read")));
        }
        std::fs::read_to_string(path).map_err(|error| refuse(format!("{shown}: {error}")))
    }

    fn setting(setting: &'static str, error: &dyn std::fmt::Display) -> ClientError {
        ClientError::Setting { setting, reason: error.to_string() }
    }

    /// Why the two sides do not trust each other, if that is why there was no answer. A connection that broke off inside a
    /// handshake is not that.
    pub(crate) fn distrust(error: &(dyn Error + 'static)) -> Option<String> {
        let mut next = Some(error);
        while let Some(error) = next {
            match error.downcast_ref::<rustls::Error>() {
                Some(rustls::Error::InvalidCertificate(why)) => {
                    return Some(format!("the server's certificate is refused: {why}"));
                }
                Some(rustls::Error::AlertReceived(alert)) => {
                    return Some(format!("the server refuses this client: TLS alert {alert:?}"));
                }
                Some(rustls::Error::NoCertificatesPresented) => {
                    return Some("the server shows no certificate".into());
                }
                Some(_) | None => {
                    // An `io::Error` does not name what it wraps as its source, but that one's source.
                    let wrapped = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
                    next = match wrapped {
                        Some(inner) => Some(inner),
                        None => error.source(),
                    };
                }
            }
        }
        None
    }
}
