//! TLS against a server with certificates made here: who is trusted, who is not, and client certificates.
#![cfg(feature = "tls")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests fail by panicking")]

use std::{net::TcpStream, sync::Arc, time::Duration};

use crate::support::{Server, Stream, ok};
use assay_client::{Client, ClientConfig, ClientError, Identity, Pem, SystemRoots, TlsConfig};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::{
    RootCertStore, ServerConfig, ServerConnection, StreamOwned,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer},
    server::WebPkiClientVerifier,
};

struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    fn new() -> Authority {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Authority(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    /// A certificate for a name, and its key, in PEM and DER.
    fn issue(&self, name: &str) -> (String, String, CertificateDer<'static>, PrivateKeyDer<'static>) {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        let certificate = params.signed_by(&key, &self.0).unwrap();
        let der = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        (certificate.pem(), key.serialize_pem(), certificate.der().clone(), der)
    }

    /// A server whose certificate is for a name; with `clients`, only those that it issued for may come.
    fn server(&self, name: &str, clients: Option<&Authority>) -> Server {
        let (_, _, certificate, key) = self.issue(name);
        let provider = Arc::new(ring::default_provider());
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .unwrap();
        let builder = match clients {
            None => builder.with_no_client_auth(),
            Some(authority) => {
                let mut roots = RootCertStore::empty();
                roots.add(authority.0.der().clone()).unwrap();
                let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
                builder.with_client_cert_verifier(verifier.build().unwrap())
            }
        };
        let config = Arc::new(builder.with_single_cert(vec![certificate], key).unwrap());
        let accept = move |stream: TcpStream| -> Option<Box<dyn Stream>> {
            let connection = ServerConnection::new(Arc::clone(&config)).ok()?;
            Some(Box::new(StreamOwned::new(connection, stream)))
        };
        Server::over("https", accept, |_, _, stream| {
            let _ = stream.write_all(ok("[\"a\"]").as_bytes());
            let _ = stream.flush();
        })
    }

    fn trusted(&self) -> TlsConfig {
        TlsConfig { roots: vec![Pem::Text(self.0.pem())], system_roots: SystemRoots::Ignore, identity: None }
    }
}

async fn subjects(urls: &str, tls: TlsConfig) -> Result<usize, ClientError> {
    let config = ClientConfig { tls, retry_wait: Duration::from_millis(1), ..ClientConfig::new(urls) };
    Ok(Client::new(config)?.subjects().await?.len())
}

/// Refused, for good, with this in the text.
fn refused(result: Result<usize, ClientError>, text: &str) {
    let error = result.unwrap_err();
    assert!(matches!(error, ClientError::Tls { .. }) && !error.is_transient(), "{error:?}");
    assert!(error.to_string().contains(text), "{error}");
}

#[tokio::test]
async fn a_server_is_trusted_for_its_authority_and_its_name() {
    let authority = Authority::new();
    let server = authority.server("127.0.0.1", None);
    assert_eq!(subjects(&server.url, authority.trusted()).await, Ok(1));
    let both = TlsConfig { system_roots: SystemRoots::Trust, ..authority.trusted() };
    assert_eq!(subjects(&server.url, both).await, Ok(1));
    refused(subjects(&server.url, Authority::new().trusted()).await, "certificate is refused");
    refused(subjects(&server.url, TlsConfig::default()).await, "certificate is refused");
    let other = authority.server("registry.example", None);
    refused(subjects(&other.url, authority.trusted()).await, "certificate is refused");
    assert_eq!((server.requests(), other.requests()), (2, 0));
}

#[tokio::test]
async fn the_next_url_takes_over_from_one_that_is_not_trusted() {
    let (good, bad) = (Authority::new(), Authority::new());
    let (untrusted, trusted) = (bad.server("127.0.0.1", None), good.server("127.0.0.1", None));
    let urls = format!("{},{}", untrusted.url, trusted.url);
    assert_eq!(subjects(&urls, good.trusted()).await, Ok(1));
}

#[tokio::test]
async fn a_client_shows_its_certificate() {
    let (servers, clients) = (Authority::new(), Authority::new());
    let server = servers.server("127.0.0.1", Some(&clients));
    let (certificate, key, ..) = clients.issue("producer");
    let with = |certificate: &str, key: &str| TlsConfig {
        identity: Some(Identity { certificates: Pem::Text(certificate.into()), key: Pem::Text(key.into()) }),
        ..servers.trusted()
    };
    assert_eq!(subjects(&server.url, with(&certificate, &key)).await, Ok(1));
    // From files, both in one.
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("both.pem");
    std::fs::write(&path, format!("{certificate}{key}")).unwrap();
    let both = Identity { certificates: Pem::File(path.clone()), key: Pem::File(path) };
    let tls = TlsConfig { identity: Some(both), ..servers.trusted() };
    assert_eq!(subjects(&server.url, tls).await, Ok(1));
    refused(subjects(&server.url, servers.trusted()).await, "the server refuses this client");
    let (stranger, key, ..) = Authority::new().issue("producer");
    refused(subjects(&server.url, with(&stranger, &key)).await, "the server refuses this client");
    assert_eq!(server.requests(), 2);
}

#[test]
fn bad_pem_is_refused_at_once_and_not_shown() {
    let authority = Authority::new();
    let (certificate, key, ..) = authority.issue("x");
    let identity = |certificates: &str, key: &str| TlsConfig {
        identity: Some(Identity { certificates: Pem::Text(certificates.into()), key: Pem::Text(key.into()) }),
        ..authority.trusted()
    };
    let broken = "-----BEGIN CERTIFICATE-----\nc2VjcmV0\n-----END CERTIFICATE-----\n";
    let roots = |pem: Pem| TlsConfig { roots: vec![pem], ..authority.trusted() };
    let (_, other_key, ..) = authority.issue("y");
    for (tls, setting) in [
        (roots(Pem::Text(broken.into())), "tls.roots"),
        (roots(Pem::Text("secret".into())), "tls.roots"),
        (roots(Pem::File("/nowhere/ca.pem".into())), "tls.roots"),
        (TlsConfig { roots: Vec::new(), ..authority.trusted() }, "tls.roots"),
        (identity(&certificate, "secret"), "tls.identity.key"),
        (identity("secret", &key), "tls.identity.certificates"),
        (identity(&certificate, &other_key), "tls.identity"),
    ] {
        let shown = format!("{tls:?}");
        assert!(!shown.contains("secret") && !shown.contains("PRIVATE"), "{shown}");
        let config = ClientConfig { tls, ..ClientConfig::new("https://127.0.0.1:1") };
        let error = Client::new(config).unwrap_err();
        assert!(
            matches!(&error, ClientError::Setting { setting: s, .. } if *s == setting),
            "{setting}: {error}"
        );
        assert!(!error.to_string().contains("secret"), "{error}");
    }
}
