//! TLS: one certificate, read again when its files change, without dropping a connection.
//!
//! Only TLS 1.2 and 1.3, with the cipher suites of ring. A new pair of files that does not work is told in the log,
//! and the old one stays in use.

use std::{
    fmt, fs, io,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, RwLock},
    time::Duration,
};

use rustls::{
    ServerConfig,
    crypto::{CryptoProvider, ring},
    pki_types::{CertificateDer, PrivateKeyDer, pem, pem::PemObject as _},
    server::{ClientHello, ResolvesServerCert},
    sign::CertifiedKey,
};
use tokio::{
    signal::unix::{SignalKind, signal},
    time::{MissedTickBehavior, interval},
};
use tokio_rustls::TlsAcceptor;

/// How often the files are looked at.
const LOOK: Duration = Duration::from_secs(2);

/// Where a certificate and its key are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsFiles {
    /// The certificate and those above it, PEM.
    pub certificate: PathBuf,
    /// Its private key, PEM.
    pub key: PathBuf,
}

/// A certificate or key that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read, or holds no PEM.
    #[error("cannot read {path}")]
    File {
        /// The file.
        path: String,
        /// Why.
        #[source]
        source: pem::Error,
    },
    /// A file holds no certificate.
    #[error("{path} holds no certificate")]
    Empty {
        /// The file.
        path: String,
    },
    /// The key is of no known kind, or belongs to another certificate.
    #[error("the key of {path} does not fit the certificate")]
    Pair {
        /// The key's file.
        path: String,
        /// Why.
        #[source]
        source: rustls::Error,
    },
}

/// What connections are encrypted with.
pub struct Tls {
    files: TlsFiles,
    used: Arc<Used>,
    seen: Mutex<Option<[Stamp; 2]>>,
    acceptor: TlsAcceptor,
}

/// What tells one state of a file from the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stamp {
    inode: u64,
    length: u64,
    seconds: i64,
    nanoseconds: i64,
}

/// The pair in use.
#[derive(Debug)]
struct Used(RwLock<Arc<CertifiedKey>>);

const LOCK: &str = "no code panics while it holds this lock";

impl Tls {
    /// Reads a certificate and its key.
    pub fn load(files: TlsFiles) -> Result<Self, TlsError> {
        let provider = Arc::new(ring::default_provider());
        let seen = stamps(&files);
        let used = Arc::new(Used(RwLock::new(Arc::new(read(&files, &provider)?))));
        let resolver: Arc<dyn ResolvesServerCert> = used.clone();
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])
            .expect("ring has cipher suites for both versions")
            .with_no_client_auth()
            .with_cert_resolver(resolver);
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Self { files, used, seen: Mutex::new(seen), acceptor: TlsAcceptor::from(Arc::new(config)) })
    }

    /// Reads the files again. Connections from now on get the new certificate; an error leaves the old one in use.
    pub fn reload(&self) -> Result<(), TlsError> {
        let pair = read(&self.files, &ring::default_provider())?;
        *self.used.0.write().expect(LOCK) = Arc::new(pair);
        Ok(())
    }

    /// Reads the files again if they changed since they were looked at. Says whether it did.
    pub fn refresh(&self) -> Result<bool, TlsError> {
        let now = stamps(&self.files);
        {
            let mut seen = self.seen.lock().expect(LOCK);
            if now == *seen {
                return Ok(false);
            }
            *seen = now;
        }
        self.reload().map(|()| true)
    }

    pub(super) fn acceptor(&self) -> &TlsAcceptor {
        &self.acceptor
    }
}

/// Looks at the files for ever, and at once when the process gets SIGHUP.
pub(crate) async fn watch(tls: Arc<Tls>) -> io::Result<()> {
    let mut told = signal(SignalKind::hangup())?;
    let mut ticks = interval(LOOK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let read = tokio::select! {
            _ = ticks.tick() => tls.refresh(),
            _ = told.recv() => tls.reload().map(|()| true),
        };
        match read {
            Ok(false) => {}
            Ok(true) => tracing::info!("the TLS certificate was read again"),
            Err(error) => {
                let cause = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
                tracing::error!(%error, cause, "the new TLS certificate cannot be used; the old one stays");
            }
        }
    }
}

impl ResolvesServerCert for Used {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0.read().expect(LOCK)))
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls").field("files", &self.files).finish_non_exhaustive()
    }
}

fn read(files: &TlsFiles, provider: &CryptoProvider) -> Result<CertifiedKey, TlsError> {
    let TlsFiles { certificate, key } = files;
    let shown = |path: &Path| path.display().to_string();
    let unreadable = |path: &Path| {
        let path = shown(path);
        move |source| TlsError::File { path, source }
    };
    let chain: Vec<_> = CertificateDer::pem_file_iter(certificate)
        .and_then(Iterator::collect)
        .map_err(unreadable(certificate))?;
    if chain.is_empty() {
        return Err(TlsError::Empty { path: shown(certificate) });
    }
    let private = PrivateKeyDer::from_pem_file(key).map_err(unreadable(key))?;
    CertifiedKey::from_der(chain, private, provider)
        .map_err(|source| TlsError::Pair { path: shown(key), source })
}

/// What the files look like; nothing while one of them is away.
fn stamps(files: &TlsFiles) -> Option<[Stamp; 2]> {
    let stamp = |path: &Path| {
        let facts = fs::metadata(path).ok()?;
        let (inode, length) = (facts.ino(), facts.len());
        Some(Stamp { inode, length, seconds: facts.mtime(), nanoseconds: facts.mtime_nsec() })
    };
    Some([stamp(&files.certificate)?, stamp(&files.key)?])
}
