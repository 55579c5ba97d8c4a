//! A certificate authority of a test's own, which renews certificates as programs do that renew them.

use std::{fs, path::Path, sync::Arc};

use rcgen::{BasicConstraints, Certificate, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::{ClientConfig, RootCertStore, crypto::ring, pki_types::CertificateDer};
use tokio_rustls::TlsConnector;

/// Signs certificates for `localhost` and `127.0.0.1`.
#[derive(Debug)]
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    root: Certificate,
}

/// A certificate and its key, as PEM.
#[derive(Debug)]
pub struct Pair {
    /// The certificate.
    pub certificate: String,
    /// Its key.
    pub key: String,
    /// The certificate as it is presented.
    pub der: CertificateDer<'static>,
}

impl Authority {
    /// A new authority.
    #[expect(clippy::new_without_default, reason = "every one has another key")]
    pub fn new() -> Self {
        let key = KeyPair::generate().expect("a key");
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let root = params.self_signed(&key).expect("a certificate");
        Self { issuer: Issuer::new(params, key), root }
    }

    /// A new certificate with a new key.
    pub fn pair(&self) -> Pair {
        let key = KeyPair::generate().expect("a key");
        let params = CertificateParams::new(["localhost", "127.0.0.1"].map(str::to_owned)).expect("names");
        let certificate = params.signed_by(&key, &self.issuer).expect("a certificate");
        Pair { certificate: certificate.pem(), key: key.serialize_pem(), der: certificate.der().clone() }
    }

    /// Writes a new pair into `certificate.pem` and `key.pem` of a folder and returns the certificate.
    pub fn renew(&self, folder: &Path) -> CertificateDer<'static> {
        let pair = self.pair();
        put(folder, "certificate.pem", &pair.certificate);
        put(folder, "key.pem", &pair.key);
        pair.der
    }

    /// Its own certificate, as PEM: what others have to believe.
    pub fn root(&self) -> String {
        self.root.pem()
    }

    /// A client that believes this authority alone, with these application protocols.
    pub fn connector(&self, protocols: &[&str]) -> TlsConnector {
        let mut roots = RootCertStore::empty();
        roots.add(self.root.der().clone()).expect("a root");
        let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("ring has both versions")
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
        Arc::new(config).into()
    }
}

/// Puts a file into its place as renewal programs do: all at once.
pub fn put(folder: &Path, name: &str, text: &str) {
    let new = folder.join(format!("{name}.new"));
    fs::write(&new, text).expect("a file");
    fs::rename(new, folder.join(name)).expect("the file in its place");
}
