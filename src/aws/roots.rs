//! The certificates of the authorities that sign AWS's certificates. Reading them is a large part of the start.

#[cfg(any(test, not(feature = "cli")))]
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use rustls::RootCertStore;
use rustls_pki_types::CertificateDer;

/// The store, which is read once.
pub(super) fn store() -> Arc<RootCertStore> {
    static STORE: OnceLock<Arc<RootCertStore>> = OnceLock::new();
    let read = || {
        let mut store = RootCertStore::empty();
        let (valid, _) = store.add_parsable_certificates(certificates());
        if valid == 0 {
            tracing::error!(
                "no root certificates were found, so no call to AWS can succeed; set SSL_CERT_FILE to a file of them"
            );
        }
        Arc::new(store)
    };
    Arc::clone(STORE.get_or_init(read))
}

/// Those of the platform, on a laptop: the keychain, the registry, or the files of a Linux distribution. Of Lambda's one file
/// otherwise.
#[cfg(feature = "cli")]
fn certificates() -> Vec<CertificateDer<'static>> {
    let found = rustls_native_certs::load_native_certs();
    for error in &found.errors {
        tracing::warn!(%error, "a root certificate cannot be read: {error}");
    }
    found.certs
}

/// `SSL_CERT_FILE` is OpenSSL's variable.
#[cfg(not(feature = "cli"))]
fn certificates() -> Vec<CertificateDer<'static>> {
    of_file(std::env::var_os("SSL_CERT_FILE").map(PathBuf::from))
}

/// The files in which Linux distributions keep all certificates: Amazon Linux, Debian, SUSE, Alpine.
#[cfg(any(test, not(feature = "cli")))]
const FILES: [&str; 4] = [
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
];

/// The certificates of the named file, or of the first of the usual ones that there is.
#[cfg(any(test, not(feature = "cli")))]
fn of_file(named: Option<PathBuf>) -> Vec<CertificateDer<'static>> {
    let usual = FILES.iter().map(PathBuf::from).find(|file| file.exists());
    let Some(file) = named.or(usual) else { return Vec::new() };
    match std::fs::read_to_string(&file) {
        Ok(text) => of_text(&text),
        Err(error) => {
            tracing::error!(file = %file.display(), %error, "{}: {error}", file.display());
            Vec::new()
        }
    }
}

/// The certificates in a text, each between two lines that say so. The decoder of `rustls-pki-types` takes the same time for
/// every secret, and so ten times as long. These are no secrets.
#[cfg(any(test, not(feature = "cli")))]
fn of_text(text: &str) -> Vec<CertificateDer<'static>> {
    let parts = text.split("-----BEGIN CERTIFICATE-----").skip(1);
    let encoded = parts.filter_map(|part| part.split("-----END CERTIFICATE-----").next());
    let decoded =
        encoded.map(|encoded| aws_smithy_types::base64::decode(encoded.split_whitespace().collect::<String>()));
    decoded.filter_map(|decoded| decoded.ok().map(CertificateDer::from)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_is_one_file() {
        let usual = of_file(None);
        assert!(usual.len() > 50, "this machine has {}", usual.len());
        let mut store = RootCertStore::empty();
        assert_eq!(store.add_parsable_certificates(usual.clone()), (usual.len(), 0));
        assert!(of_file(Some("/nowhere".into())).is_empty(), "the named file and no other");
    }

    #[test]
    fn it_reads_what_other_readers_read() {
        use rustls_pki_types::pem::PemObject;

        let file = FILES.iter().find(|file| std::path::Path::new(file).exists()).expect("a store");
        let other: Vec<CertificateDer<'static>> =
            CertificateDer::pem_file_iter(file).and_then(Iterator::collect).expect("certificates");
        assert_eq!(of_file(None), other);
        let text = "# a comment\r\n-----BEGIN CERTIFICATE-----\r\nAQID\r\nBA==\r\n-----END CERTIFICATE-----\r\n-----BEGIN CERTIFICATE-----\n?\n";
        assert_eq!(of_text(text), [CertificateDer::from(vec![1, 2, 3, 4])]);
    }
}
